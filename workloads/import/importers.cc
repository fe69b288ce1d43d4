// SPDX-License-Identifier: MIT

#include "workloads/import/importers.h"

#include "workloads/import/kernel_log.h"
#include "workloads/import/pagemap.h"
#include "workloads/import/pfn_lines.h"
#include "workloads/import/qemu_log.h"

namespace pfn {

std::span<const Importer> Importers() {
  static constexpr Importer kImporters[] = {
      {"bpftrace", &ImportBpftrace},  {"ftrace", &ImportFtrace},
      {"pagemap", &ImportPagemap},    {"perf-script", &ImportPerfScript},
      {"pfn-lines", &ImportPfnLines}, {"qemu-log", &ImportQemuLog},
      {"trace-cmd", &ImportFtrace},
  };
  return kImporters;
}

}  // namespace pfn
