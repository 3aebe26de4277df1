// A host with two grants, for the sandboxes of every system.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "host/host.h"

namespace hermit::host {

// `rw` is granted as descriptor 3 and /rw, `ro` as descriptor 4 and /ro, read-only.
class GrantedHost {
 public:
  void start(const std::string& rw, const std::string& ro, bool walk_only, std::vector<os::FileId> immutable) {
    Config config;
    config.preopens = {{.guest_path = "/rw", .host_path = rw},
                       {.guest_path = "/ro", .host_path = ro, .read_only = true}};
    config.walk_only = walk_only;
    config.immutable = std::move(immutable);
    config.max_open_files = 64;
    config.args = {"program"};
    auto created = Host::create(std::move(config));
    if (!created) std::abort();
    host_ = std::move(*created);
  }
  void stop() { host_.reset(); }

  Host& host() { return *host_; }
  Descriptor& rw() { return *host_->descriptors().find(3); }
  Descriptor& ro() { return *host_->descriptors().find(4); }

 private:
  std::unique_ptr<Host> host_;
};

}  // namespace hermit::host
