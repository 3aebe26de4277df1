// Every kind of file around a payload, made from synthetic launchers.
#include "exe/container.h"

#include <gtest/gtest.h>

#include "exe/synthetic_launchers.h"

namespace hermit::exe {
namespace {

Bytes synthetic(Target target, u32 time = 1) {
  switch (system_of(target)) {
    case System::Linux: return synthetic_elf(target);
    case System::Macos: return synthetic_macho(target);
    case System::Windows: return synthetic_pe(target, 3, time);
  }
  return {};
}

struct Set {
  std::vector<Bytes> storage;
  std::vector<Launcher> launchers;
  explicit Set(u32 time = 1) {
    for (Target target : kAllTargets) storage.push_back(synthetic(target, time));
    for (Target target : kAllTargets) launchers.push_back({target, storage[static_cast<size_t>(target)]});
  }
};

const Bytes kPayload(20'000, 'p');

Bytes pack(FileType type, std::span<const Launcher> launchers, u32 alignment = kPlainAlignment) {
  auto container = plan_file(type, launchers, alignment);
  EXPECT_TRUE(container) << container.error().what;
  if (!container) return {};
  EXPECT_EQ(container->payload_offset() % alignment, 0u);
  Bytes file = container->head;
  file.insert(file.end(), kPayload.begin(), kPayload.end());
  auto finished = finish_file(*container, file);
  EXPECT_TRUE(finished);
  EXPECT_TRUE(
      std::equal(kPayload.begin(), kPayload.end(), file.begin() + static_cast<ptrdiff_t>(container->payload_offset())));
  return file;
}

std::vector<Target> targets_in(ByteView file) {
  std::vector<Target> targets;
  auto launchers = list_launchers(file);
  EXPECT_TRUE(launchers);
  if (launchers) {
    for (const PresentLauncher& launcher : *launchers) targets.push_back(launcher.target);
  }
  return targets;
}

TEST(Container, AnElfIsTheLauncherWithItsMark) {
  Set set;
  for (const Target target : {Target::LinuxX86_64, Target::LinuxAarch64}) {
    Bytes wanted = set.storage[static_cast<size_t>(target)];
    std::memcpy(wanted.data() + 48, "hrmt", 4);
    const Bytes file = pack({FileKind::Single, target}, set.launchers);
    EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), file.begin()));
  }
}

TEST(Container, PayloadIsAlignedAndTargetsAreListed) {
  Set set;
  for (u32 alignment : {1u, 4096u, 65536u}) {
    for (Target target : kAllTargets) {
      EXPECT_EQ(targets_in(pack({FileKind::Single, target}, set.launchers, alignment)), std::vector{target});
    }
    EXPECT_EQ(targets_in(pack({FileKind::All, {}}, set.launchers, alignment)),
              (std::vector{Target::LinuxX86_64, Target::LinuxAarch64, Target::MacosX86_64, Target::MacosAarch64,
                           Target::WindowsX86_64}));
    EXPECT_EQ(targets_in(pack({FileKind::Unix, {}}, set.launchers, alignment)),
              (std::vector{Target::LinuxX86_64, Target::LinuxAarch64, Target::MacosX86_64, Target::MacosAarch64}));
  }
}

TEST(Container, LaunchersComeBackOutAndMakeTheSameFile) {
  Set set;
  Bytes all = pack({FileKind::All, {}}, set.launchers);
  std::vector<Bytes> storage;
  std::vector<Launcher> launchers;
  for (Target target : targets_in(all)) {
    auto launcher = extract_launcher(all, target);
    ASSERT_TRUE(launcher);
    if (system_of(target) != System::Windows) EXPECT_EQ(*launcher, synthetic(target));
    storage.push_back(*launcher);
    EXPECT_EQ(pack({FileKind::Single, target}, std::vector<Launcher>{{target, *launcher}}),
              pack({FileKind::Single, target}, set.launchers));
  }
  for (size_t i = 0; i < storage.size(); ++i) launchers.push_back({targets_in(all)[i], storage[i]});
  EXPECT_EQ(pack({FileKind::All, {}}, launchers), all);
  EXPECT_FALSE(extract_launcher(all, Target::WindowsAarch64));
}

TEST(Container, TimeOfTheBuildDoesNotEnter) {
  Set now(0x11111111), later(0x22222222);
  EXPECT_EQ(pack({FileKind::All, {}}, now.launchers), pack({FileKind::All, {}}, later.launchers));
  FileType windows{FileKind::Single, Target::WindowsX86_64};
  EXPECT_EQ(pack(windows, now.launchers), pack(windows, later.launchers));
}

TEST(Container, LauncherForAnotherMachineIsRefused) {
  for (Target target : kAllTargets) {
    for (Target other : kAllTargets) {
      if (other == target) continue;
      Bytes wrong = synthetic(other);
      Launcher launcher{target, wrong};
      EXPECT_FALSE(plan_file({FileKind::Single, target}, std::span(&launcher, 1), 4096));
      if (system_of(target) != System::Windows)
        EXPECT_FALSE(plan_file({FileKind::Unix, {}}, std::span(&launcher, 1), 4096));
    }
    EXPECT_FALSE(plan_file({FileKind::Single, target}, {}, 4096));
  }
}

TEST(Container, AllWantsWindowsAndOneMore) {
  Set set;
  std::span<const Launcher> all(set.launchers);
  EXPECT_FALSE(plan_file({FileKind::All, {}}, all.first(4), 4096));     // no PE
  EXPECT_FALSE(plan_file({FileKind::All, {}}, all.subspan(4), 4096));   // only PE
  EXPECT_TRUE(plan_file({FileKind::All, {}}, all.subspan(3, 2), 4096));
}

TEST(Container, ScriptThatReachesTheFirstSectionIsALimit) {
  Set set;
  set.storage[4] = synthetic_pe(Target::WindowsX86_64, 60);
  set.launchers[4].bytes = set.storage[4];
  auto container = plan_file({FileKind::All, {}}, set.launchers, 4096);
  ASSERT_FALSE(container);
  EXPECT_EQ(container.error().kind, ErrorKind::Limit);
}

TEST(Container, DebugDirectoryPointsToItsDataAfterTheMove) {
  Set set;
  Bytes all = pack({FileKind::All, {}}, set.launchers);
  u32 pe = load_le<u32>(all.data() + 0x3c);
  auto second = get_record<SectionHeader>(all, pe + 264 + 40);
  auto debug = get_record<DebugDirectoryEntry>(all, second.pointer_to_raw_data);
  EXPECT_EQ(debug.pointer_to_raw_data, second.pointer_to_raw_data + 64u);
}

// Hostile launchers and files: any truncation and any changed byte gives a result or an error, never more.
TEST(Container, DamagedInputNeverCrashes) {
  Set set;
  for (Target target : kAllTargets) {
    Bytes good = synthetic(target);
    for (size_t size = 0; size < good.size(); size += size < 2048 ? 1 : 61) {
      Launcher cut{target, ByteView(good).first(size)};
      EXPECT_FALSE(plan_file({FileKind::Single, target}, std::span(&cut, 1), 4096))
          << target_name(target) << " cut to " << size;
    }
    for (size_t at = 0; at < std::min<size_t>(good.size(), 640); ++at) {
      for (u8 value : {0x00, 0x01, 0xff}) {
        Bytes bad = good;
        bad[at] = value;
        Launcher launcher{target, bad};
        auto container = plan_file({FileKind::Single, target}, std::span(&launcher, 1), 4096);
        if (!container) continue;
        Bytes file = container->head;
        file.push_back('p');
        (void)finish_file(*container, file);
        EXPECT_LT(file.size(), 200'000u);
      }
    }
  }
  Bytes all = pack({FileKind::All, {}}, set.launchers);
  for (size_t at = 0; at < 8192; ++at) {
    all[at] ^= 0x15;
    if (auto launchers = list_launchers(all); launchers && !launchers->empty()) {
      (void)extract_launcher(all, launchers->back().target);
    }
    all[at] ^= 0x15;
  }
  for (size_t size = 0; size < 8192; size += 7) (void)list_launchers(ByteView(all).first(size));
}

TEST(Container, TableThatNamesBytesOutsideIsMalformed) {
  Set set;
  Bytes all = pack({FileKind::All, {}}, set.launchers);
  auto launchers = list_launchers(ByteView(all).first(8192));
  ASSERT_FALSE(launchers);
  EXPECT_EQ(launchers.error().kind, ErrorKind::Malformed);
}

}  // namespace
}  // namespace hermit::exe
