// confine() on Windows: the process enters a job that holds one process, and gives up what an attacker would use next:
// new executable memory, libraries from the network or written by a less trusted program, and extension points (hooks,
// layered network providers are left alone). Files and sockets stay with the first wall: an AppContainer or a
// restricted token would have to be there when the process starts.
//
// https://learn.microsoft.com/windows/win32/procthread/job-objects,
// https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-setprocessmitigationpolicy
#include "os/confine.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

namespace hermit::os {
namespace {

// No process is started any more. The job's handle stays open: it lives as long as the process.
bool enter_job() {
  const HANDLE job = CreateJobObjectW(nullptr, nullptr);
  if (job == nullptr) return false;
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
  limits.BasicLimitInformation.LimitFlags =
      JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
  limits.BasicLimitInformation.ActiveProcessLimit = 1;
  const bool entered = SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits) != 0 &&
                       AssignProcessToJobObject(job, GetCurrentProcess()) != 0;
  if (!entered) CloseHandle(job);
  return entered;
}

template <typename Policy>
bool set_policy(PROCESS_MITIGATION_POLICY which, Policy policy) {
  return SetProcessMitigationPolicy(which, &policy, sizeof policy) != 0;
}

bool give_up_abilities() {
  PROCESS_MITIGATION_DYNAMIC_CODE_POLICY code = {};
  code.ProhibitDynamicCode = 1;
  PROCESS_MITIGATION_EXTENSION_POINT_DISABLE_POLICY extensions = {};
  extensions.DisableExtensionPoints = 1;
  PROCESS_MITIGATION_IMAGE_LOAD_POLICY images = {};
  images.NoRemoteImages = 1;
  images.NoLowMandatoryLabelImages = 1;
  const bool no_code = set_policy(ProcessDynamicCodePolicy, code);
  const bool no_extensions = set_policy(ProcessExtensionPointDisablePolicy, extensions);
  const bool no_images = set_policy(ProcessImageLoadPolicy, images);
  return no_code && no_extensions && no_images;
}

}  // namespace

Walls confine(const Confinement&) {
  const bool alone = enter_job();
  const bool gave_up = give_up_abilities();
  return {.files = false, .calls = alone && gave_up};
}

}  // namespace hermit::os
