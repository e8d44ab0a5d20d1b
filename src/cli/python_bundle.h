// Files of Python that are deployed together: gathered, and packed into an archive
// (docs/formats/python-archive.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::cli {

// By their names from the archive's top.
using BundleFiles = std::map<std::string, std::string, std::less<>>;

// Adds what lies below the directory: for a server, whose limits these are (kTooLarge), without
// what only this machine has a use for: names that begin with a dot, __pycache__, *.pyc, and
// virtual environments. kInvalidArgument for a symbolic link and for anything else that is neither
// a file nor a directory, and for a name that is no UTF-8; errors of reading.
Result<> add_directory(BundleFiles& files, const std::filesystem::path& directory);

// Adds what pip put into the directory, without what belongs to that place alone: its scripts, what
// pip noted about the installation, and code for this machine (*.so). kInvalidArgument when a file
// is there already, which is the user's.
Result<> add_packages(BundleFiles& files, const std::filesystem::path& directory);

// Removes from the directory what add_packages leaves out.
Result<> clean_packages(const std::filesystem::path& directory);

std::string to_archive(const BundleFiles& files);

// The line of weft.json that names the file.
std::string archive_manifest(std::string_view file);

}  // namespace weft::cli
