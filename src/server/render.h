// Records and errors as the JSON of the HTTP API (openapi.json describes it).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "function/functions.h"
#include "function/reactors.h"
#include "json/print.h"
#include "net/http.h"
#include "store/invocations.h"
#include "store/page.h"

namespace weft::server {

// Each writes one object.
void write(json::Writer& writer, const function::Module& module);
void write(json::Writer& writer, const function::Function& function);
void write(json::Writer& writer, const function::Version& version);
void write(json::Writer& writer, const store::InvocationRecord& record);
void write(json::Writer& writer, const function::ReactorInfo& reactor);

// A response with that text, which no cache keeps.
net::HttpResponse json_response(int status, std::string text);

template <class T>
net::HttpResponse json_response(int status, const T& record) {
  std::string text;
  json::Writer writer(text);
  write(writer, record);
  return json_response(status, std::move(text));
}

// {"items":[…],"next":"…"|null}
template <class T>
net::HttpResponse json_response(const store::Listed<T>& list) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("items").begin_array();
  for (const T& item : list.items) {
    write(writer, item);
  }
  writer.end_array().key("next");
  if (list.next) {
    writer.value(*list.next);
  } else {
    writer.value(nullptr);
  }
  writer.end_object();
  return json_response(200, std::move(text));
}

// What the error means to clients, as application/problem+json, with Retry-After where another try
// helps. What our disks and bugs say stays inside: such errors get a general sentence, and the
// caller logs the error itself (is_internal).
// `status` stands for that of the error's code.
net::HttpResponse problem(const Error& error,
                          const std::optional<std::string>& invocation = std::nullopt,
                          std::optional<int> status = std::nullopt);

// The same as a part of a document.
void write_problem(json::Writer& writer, const Error& error);

// Of an apply of a reactor, as a member: "answer", what the guest said, or "error", a problem.
void write_outcome(json::Writer& writer, const Result<std::string>& answer);

// Whether the error's message is for the log and not for clients.
bool is_internal(const Error& error);

}  // namespace weft::server
