// The engines folder of a host, which several pgbaton installations may share:
//
//   <id>            link to .trees/<id>-<random>: made last, so an engine is there whole or not at all
//   .trees/         the engines' files. Programs name their ELF interpreter by an absolute path, so a tree is made,
//                   relocated and checked where it stays
//   .locks/<id>     held by whoever makes or removes that engine
//   .apt/<suite>/   private apt root of a suite
#pragma once

#include <optional>

#include "engine/tool.hpp"
#include "model/engine.hpp"
#include "system/file.hpp"

namespace pgbaton::engine {

struct Folder {
  system::Path root;
  [[nodiscard]] system::Path link(const model::EngineId& id) const { return root / model::to_string(id); }
  [[nodiscard]] system::Path trees() const { return root / ".trees"; }
  [[nodiscard]] system::Path lock(const model::EngineId& id) const { return root / ".locks" / model::to_string(id); }
  [[nodiscard]] system::Path apt(const std::string& suite) const { return root / ".apt" / suite; }
};

/// Makes what is missing and returns the folder by its real, absolute path.
[[nodiscard]] base::Result<Folder> prepare(const Folder& folder);

/// The manifest of a published engine; absent when it is not published.
[[nodiscard]] std::optional<model::EngineManifest> published(const Folder& folder, const model::EngineId& id);

/// Waits for an engine's lock, or until the patience ends.
[[nodiscard]] base::Result<system::FileLock> lock_engine(const Folder& folder, const model::EngineId& id,
                                                         const Patience& patience);

/// A tree being made. Removed with the object unless it was published.
class Tree {
 public:
  [[nodiscard]] static base::Result<Tree> create(const Folder& folder, const model::EngineId& id);
  Tree(Tree&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Tree& operator=(Tree&&) = delete;
  ~Tree();
  [[nodiscard]] const system::Path& path() const { return path_; }
  /// Writes the manifest, makes everything durable and links the engine to its name.
  [[nodiscard]] base::Result<> publish(const Folder& folder, const model::EngineManifest& manifest) &&;

 private:
  explicit Tree(system::Path path) : path_(std::move(path)) {}
  system::Path path_;
};

/// Removes what killed installs left behind. `held` is the engine whose lock the caller has; the trees of others are
/// removed only where their lock is free, so never one that is being made.
void sweep(const Folder& folder, const model::EngineId* held);

}  // namespace pgbaton::engine
