// SPDX-License-Identifier: MIT
//
// A plugin that lies is refused or has no figure, and says why in one line;
// other rows are measured all the same. Each case is the example, built again
// with one thing changed.

#include "harness/registry/plugins.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <string_view>

#include "tests/run_command.h"
#include "tests/workloads/testing.h"
#include "workloads/base/error.h"

namespace pfn {
namespace {

using testing::Outcome;
using testing::RunCommand;

class PluginTest : public ::testing::Test {
 protected:
  std::string Path(std::string_view name) const { return folder_ / name; }

  // The example, whose table `change` alters: `plugin` and `its`.
  std::string Build(std::string_view change,
                    std::string_view functions = "") const {
    std::ofstream(Path("changed.c"))
        << "#define pfnbench_get_plugin example_plugin\n"
           "#include \"" PFN_SOURCE_FOLDER
           "/structures/plugin/example.c\"\n"
           "#undef pfnbench_get_plugin\n"
           "#include <stdlib.h>\n#include <unistd.h>\n"
           "static struct pfnbench_structure its;\n"
        << functions
        << "\nconst struct pfnbench_plugin *pfnbench_get_plugin(void) {\n"
           "  static struct pfnbench_plugin changed;\n"
           "  changed = *example_plugin();\n"
           "  its = changed.structures[0];\n"
           "  changed.structures = &its;\n  "
        << change << "\n  return &changed;\n}\n";
    const Outcome built =
        RunCommand("gcc -w -shared -fPIC -o '" + Path("changed.so") + "' '" +
                   Path("changed.c") + "'");
    EXPECT_EQ(built.status, 0) << built.output;
    return Path("changed.so");
  }

  // Why the file is refused.
  static std::string Refusal(const std::string& file) {
    try {
      LoadPlugin(file, {});
    } catch (const BadInput& error) {
      const std::string text = error.what();
      const std::string flag = "--plugin=" + file + ": ";
      EXPECT_TRUE(text.starts_with(flag)) << text;
      return text.substr(std::min(flag.size(), text.size()));
    }
    return "";
  }

  Outcome Run(const std::string& arguments) const {
    return RunCommand("cd '" + folder_.path().string() +
                      "' && '" PFN_BENCH "' " + arguments);
  }
  // Measures flat and the plugin's structure.
  Outcome Measure(const std::string& file, const std::string& more = "") const {
    return Run("--plugin='" + file +
               "' --workload=oom-2g --pages=2000 --structure=flat,plugins "
               "--operation=set,test --rounds=1 --profile=off --out=out " +
               more);
  }
  std::string Results() const {
    return testing::ReadBytes(Path("out/results.json"));
  }

 private:
  testing::ScratchFolder folder_;
};

TEST_F(PluginTest, TheExampleIsARowLikeAnyOther) {
  const Outcome outcome = Measure(Build(""), "--calls=outlined,inlined");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  const std::string results = Results();
  for (const std::string_view part :
       {"set/oom-2g/example\"", "test/oom-2g/example/calls:inlined\"",
        "\"plugin\":\"changed.so\""}) {
    EXPECT_NE(results.find(part), results.npos) << part;
  }
  EXPECT_EQ(results.find("error_message"), results.npos) << results;
}

TEST_F(PluginTest, AFileThatIsNoPluginIsRefused) {
  EXPECT_EQ(Refusal(Path("none.so")),
            "cannot be read: No such file or directory");
  std::ofstream(Path("text.so")) << "this is no shared object\n";
  EXPECT_EQ(Refusal(Path("text.so")),
            "cannot be loaded: file too short; expected a shared object, as "
            "gcc -shared -fPIC makes");
  std::ofstream(Path("long.so")) << std::string(4096, 'x');
  EXPECT_EQ(Refusal(Path("long.so")),
            "cannot be loaded: invalid ELF header; expected a shared object, "
            "as gcc -shared -fPIC makes");
  const Outcome empty = RunCommand(
      "echo 'int x;' | gcc -shared -fPIC -x c - -o '" + Path("x.so") + "'");
  ASSERT_EQ(empty.status, 0) << empty.output;
  EXPECT_EQ(Refusal(Path("x.so")),
            "has no function pfnbench_get_plugin(); "
            "structures/plugin/pfnbench_plugin.h says what it returns");
}

TEST_F(PluginTest, AFunctionThatNobodyHasIsNamed) {
  const std::string refusal =
      Refusal(Build("nobody_has_it();", "extern void nobody_has_it(void);"));
  EXPECT_NE(refusal.find("undefined symbol: nobody_has_it"), refusal.npos)
      << refusal;
}

struct Lie {
  std::string_view change;
  std::string_view refusal;

  friend std::ostream& operator<<(std::ostream& out, const Lie& lie) {
    return out << lie.change;
  }
};

class PluginLieTest : public PluginTest,
                      public ::testing::WithParamInterface<Lie> {};

INSTANTIATE_TEST_SUITE_P(
    Lies, PluginLieTest,
    ::testing::Values(
        Lie{"changed.version = 7;",
            "has version 7 of the interface, this pfnbench has 2; compile it "
            "again with structures/plugin/pfnbench_plugin.h"},
        Lie{"changed.structure_bytes = 8;",
            "structure_bytes is 8, expected 160: its struct pfnbench_structure "
            "differs from structures/plugin/pfnbench_plugin.h"},
        Lie{"changed.count = 0;", "has 0 structures, expected 1 to 1000"},
        Lie{"changed.structures = NULL;",
            "has 1 structures at a null pointer, expected 1 to 1000"},
        Lie{"return NULL;", "pfnbench_get_plugin() returned a null pointer"},
        Lie{"its.next_range = NULL;",
            "example lacks the function next_range()"},
        Lie{"its.set_pages = NULL;", "example lacks the function set_pages()"},
        Lie{"its.name = NULL;",
            "structure 1: name is null, expected 1 to 32 printable letters"},
        Lie{"its.name = \"\\033[31m\";",
            "structure 1: name is \"\\x1b[31m\", expected 1 to 32 printable "
            "letters"},
        Lie{"its.name = \"My/Set\";",
            "a structure has the name \"My/Set\", expected letters out of a-z, "
            "0-9 and -+.@, and no - in front"},
        Lie{"its.name = \"floor\";",
            "the name floor is taken; give the structure another"},
        Lie{"its.origin = \"two\\nlines\";",
            "structure 1: origin is \"two\\x0alines\", expected 1 to 200 "
            "printable letters"},
        Lie{"its.variant_of = \"nobody\";",
            "example: variant_of is \"nobody\", expected the name of a "
            "structure"},
        Lie{"its.set_bytes = 0;",
            "example: set_bytes is 0, expected 1 to 1073741824"},
        Lie{"its.out_of_memory = 9;",
            "example: out_of_memory is 9, expected 0 or 1"},
        Lie{"its.missing = \"two\\nlines\";",
            "structure 1: missing is \"two\\x0alines\", expected 1 to 400 "
            "printable letters"},
        Lie{"its.flags = 8;",
            "example: flags is 8, expected a sum out of 1, 2 and 4"},
        Lie{"*(volatile int *)0 = 0;", "crashes while it is loaded: SIGSEGV"},
        Lie{"_exit(3);",
            "ends the program while it is loaded, with status 3"}));

TEST_P(PluginLieTest, IsRefused) {
  EXPECT_EQ(Refusal(Build(GetParam().change)), GetParam().refusal);
}

TEST_F(PluginTest, ANameThatABuiltInStructureHasIsRefused) {
  const Outcome outcome = Measure(Build("its.name = \"xbitmap\";"));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.output.find("the name xbitmap is taken"), std::string::npos)
      << outcome.output;
  EXPECT_FALSE(std::filesystem::exists(Path("out")));
}

struct Wrong {
  std::string_view change;
  std::string_view functions;
  std::string_view error;
  std::string_view flags = "";

  friend std::ostream& operator<<(std::ostream& out, const Wrong& wrong) {
    return out << wrong.error;
  }
};

class WrongPluginTest : public PluginTest,
                        public ::testing::WithParamInterface<Wrong> {};

INSTANTIATE_TEST_SUITE_P(
    Wrongs, WrongPluginTest,
    ::testing::Values(
        Wrong{"its.test = blind;",
              "static int blind(void *set, uint64_t page) { return 0; }",
              "0 of the recorded and 0 of the absent pages found"},
        Wrong{"its.set = forgets;",
              "static int forgets(void *set, uint64_t page, uint32_t gfp) {"
              "  return page % 64 ? example_set(set, page, gfp) : 0; }",
              "the oracle has"},
        Wrong{"its.set = rude;",
              "static int rude(void *set, uint64_t page, uint32_t gfp) {"
              "  return 5; }",
              "throws example: set() returned 5; expected 0, or -12 for no "
              "memory"},
        Wrong{"its.for_each_range = NULL; its.next_range = strays;",
              "static int strays(void *set, uint64_t from, uint64_t max,"
              "                  struct pfnbench_range *found) {"
              "  found->first = from + 1; found->last = from; return 1; }",
              "which is not within"},
        Wrong{"its.set = crashes;",
              "#include <signal.h>\n"
              "static int crashes(void *set, uint64_t page, uint32_t gfp) {"
              "  signal(SIGSEGV, SIG_DFL); /* without a sanitizer's own */"
              "  return *(volatile int *)8; }",
              "crashed: SIGSEGV"},
        Wrong{"its.init = takes;",
              "static void takes(void *set, struct pfnbench_heap *heap,"
              "                  const struct pfnbench_host *host) {"
              "  example_init(set, heap, host);"
              "  host->alloc(heap, 8, 8, PFNBENCH_KERNEL); }",
              "1 objects are still allocated after the end"},
        Wrong{"its.set_pages = boasts;",
              "static uint64_t boasts(void *set, const uint64_t *pages,"
              "                       uint64_t count, uint32_t gfp) {"
              "  return count + 1; }",
              "throws example: set_pages() returned", "--calls=inlined"}));

TEST_P(WrongPluginTest, HasNoFigureAndOthersHave) {
  const Outcome outcome =
      Measure(Build(GetParam().change, GetParam().functions),
              std::string(GetParam().flags));
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  const std::string results = Results();
  EXPECT_NE(results.find(GetParam().error), results.npos) << results;
  EXPECT_NE(results.find("set/oom-2g/flat"), results.npos);
  EXPECT_NE(outcome.output.find("example"), std::string::npos);
}

TEST_F(PluginTest, AStructureThatIsMissingSaysWhyAndCallsNothing) {
  const Outcome outcome =
      Measure(Build("its.missing = \"mine.c:5: error: no such thing\";"
                    "its.init = NULL; its.set = NULL; its.set_bytes = 0;"));
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_NE(outcome.output.find(
                "set/oom-2g/example and 1 with it: failed: throws mine.c:5: "
                "error: no such thing"),
            std::string::npos)
      << outcome.output;
  EXPECT_NE(Results().find("set/oom-2g/flat"), std::string::npos);
}

TEST_F(PluginTest, AStructureWithoutArraysHasNoInlinedRow) {
  const std::string file =
      Build("its.set_pages = its.clear_pages = NULL; its.test_pages = NULL;");
  const Outcome named = Run("--plugin='" + file +
                            "' --workload=oom-2g --calls=inlined "
                            "--structure=example --benchmark_list_tests");
  EXPECT_EQ(named.status, 2);
  EXPECT_EQ(named.output,
            "pfnbench: example has no row with --calls=inlined: it is a plugin "
            "without set_pages()\n");
  const Outcome all = Run("--plugin='" + file +
                          "' --workload=oom-2g --calls=inlined "
                          "--structure=flat,plugins --benchmark_list_tests");
  EXPECT_EQ(all.status, 0) << all.output;
  EXPECT_NE(all.output.find("flat"), std::string::npos);
  EXPECT_EQ(all.output.find("example"), std::string::npos) << all.output;
}

TEST_F(PluginTest, TheSweepRepeatsACaseWithThePlugin) {
  const std::string file =
      Build("its.set = loses;",
            "static int loses(void *memory, uint64_t page, uint32_t gfp) {"
            "  struct example *set = memory;"
            "  const int status = example_set(set, page, gfp);"
            "  if (status != 0 && set->count != 0) --set->count;"
            "  return status; }");
  const Outcome outcome = Run("sweep --plugin='" + file +
                              "' --workload=oom-2g --structure=example "
                              "--operation=set --limit=200");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  const std::string again = "pfnbench sweep --plugin=";
  const std::size_t at = outcome.output.find(again);
  ASSERT_NE(at, std::string::npos) << outcome.output;
  const std::string line =
      outcome.output.substr(at, outcome.output.find('\n', at) - at);
  const Outcome repeated = Run(line.substr(line.find(' ') + 1));
  EXPECT_EQ(repeated.status, 1) << line << '\n' << repeated.output;
  EXPECT_NE(repeated.output.find(line), std::string::npos) << repeated.output;
}

TEST_F(PluginTest, WithoutAPluginTheWordMeansNothing) {
  const Outcome outcome = Run("--structure=plugins --benchmark_list_tests");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.output,
            "pfnbench: no plugin is loaded; add --plugin=FILE\n");
}

}  // namespace
}  // namespace pfn
