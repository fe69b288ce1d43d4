// SPDX-License-Identifier: MIT

#include "workloads/import/checksum.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <memory>
#include <vector>

#include "workloads/base/error.h"

namespace pfn {

std::string Sha256OfFile(const std::filesystem::path& path) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  bool works = EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::ifstream file(path, std::ios::binary);
  std::vector<char> block(std::size_t{256} << 10);
  while (works && file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    works = EVP_DigestUpdate(context.get(), block.data(),
                             static_cast<std::size_t>(file.gcount())) == 1;
  }
  works = works && file.eof() &&
          EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1;
  if (!works) {
    throw BadInput(
        fmt::format("{}: its checksum cannot be computed; say --source=TEXT",
                    path.string()));
  }
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace pfn
