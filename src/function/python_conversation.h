// A call of a Python function: one dialogue with an instance that has loaded the file. Private to
// function.
#pragma once

#include <string>
#include <string_view>

#include "abi/python/dialogue.h"
#include "function/conversation.h"

namespace weft::function {

class PythonConversation final : public Conversation {
 public:
  // Both outlive it, and stay as they are.
  PythonConversation(const LoadedFunction& function, CallToMake& call);

  const std::string& export_name() const override { return file_.loaded.handler; }
  Result<> furnish(abi::command::World& world) override;
  Result<> begin(engine::Instance& instance) override;
  Result<std::optional<Response>> hear(engine::Instance& instance,
                                       std::span<const engine::Value> results) override;
  Error explained(Error error) override {
    return abi::python::without_engine_frames(std::move(error));
  }
  // The traceback.
  std::string unfinished() override { return dialogue_.failure_text(); }

 private:
  // What the guest is asked for, once it has loaded the file.
  void invoke();

  const FunctionLimits& limits_;
  const PythonFile& file_;
  bool is_loading_;
  std::string name_;  // of the file, where the call loads it
  abi::python::Kind kind_ = abi::python::Kind::kNothing;
  std::string_view payload_;
  std::string http_;  // a request to an application
  std::string context_;
  abi::python::Dialogue dialogue_;
};

// How a payload of that content type is meant. One that says nothing, or what `curl -d` says
// without being asked, is JSON when it is that.
abi::python::Kind payload_kind(std::string_view content_type, std::string_view payload);

}  // namespace weft::function
