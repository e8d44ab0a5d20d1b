#include "net/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"

namespace weft::net {
namespace {

// Smaller bodies are copied behind the head: one short copy costs less than a second buffer in the
// system call.
constexpr std::size_t kCopiedBodyMax = 8UZ * 1024;
// Smaller answers leave at once, or fit the room that every connection may have.
constexpr std::size_t kUncountedAnswerMax = 64UZ * 1024;
constexpr std::size_t kReadBytes = 2048;
constexpr std::size_t kBodyReadBytes = 64UZ * 1024;
// A body's memory grows with what has arrived, not with what the client announces.
constexpr std::size_t kBodyFirstBytes = 16UZ * 1024;
// Requests that were already received are answered without a pause up to this many; then others get
// their turn.
constexpr unsigned kBurst = 32;
// After a refusal the client may still be sending. Closing at once would make the system send a
// reset, which can destroy the answer before the client reads it (RFC 9112 §9.6).
constexpr std::chrono::milliseconds kLingerTime{2'000};
constexpr std::size_t kLingerBytesMax = 4UZ * 1024 * 1024;
constexpr std::size_t kOutKeptMax = 64UZ * 1024;

asio::mutable_buffer as_buffer(std::span<char> space) {
  return {space.data(), space.size()};
}

asio::const_buffer as_buffer(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

// Whether the answer takes memory of its own that a slow client could hold for long.
bool is_counted(const HttpResponse& response) {
  return response.body.is_owned() && response.body.size() > kUncountedAnswerMax;
}

Refusal timed_out(std::string_view what) {
  return {408, Error(ErrorCode::kDeadlineExceeded, std::string(what))};
}

}  // namespace

void ConnectionCount::remove() {
  if (count_.fetch_sub(1) != 1) return;
  const std::scoped_lock lock(mutex_);
  none_.notify_all();
}

bool ConnectionCount::wait_until_none(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return none_.wait_for(lock, time, [this] { return count_ == 0; });
}

void ConnectionCount::wait_until_none() {
  std::unique_lock lock(mutex_);
  none_.wait(lock, [this] { return count_ == 0; });
}

Accepted::~Accepted() {
  if (descriptor_ >= 0) ::close(descriptor_);
  leave();
}

void Accepted::leave() {
  if (count_ != nullptr) std::exchange(count_, nullptr)->remove();
}

Connection::Connection(std::shared_ptr<Loop> loop, ConnectionContext& context, Accepted accepted,
                       std::shared_ptr<const std::string> remote, bool refused)
    : loop_(std::move(loop)),
      context_(context),
      accepted_(std::move(accepted)),
      socket_(loop_->context()),
      remote_(std::move(remote)),
      refused_(refused),
      keep_alive_ticks_(loop_->ticks(context.limits.keep_alive_timeout)),
      head_ticks_(loop_->ticks(context.limits.header_timeout)),
      parser_(context.limits),
      body_share_(context.bodies),
      answer_share_(context.answers) {}

void Connection::start() {
  loop_->add(*this);
  boost::system::error_code error;
  const int descriptor = accepted_.release();
  socket_.assign(accepted_.protocol(), descriptor, error);
  if (error) ::close(descriptor);
  if (!error) socket_.non_blocking(true, error);
  if (error) return finish();
  asio::co_spawn(
      loop_->context(), [self = shared_from_this()] { return self->serve(); },
      [self = shared_from_this()](const std::exception_ptr& failure) {
        // Nothing here throws except for want of memory, which ends the process.
        if (failure) std::rethrow_exception(failure);
        self->finish();
      });
}

void Connection::finish() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  aborted_ = true;
  // A Responder may keep this object beyond its server.
  body_share_.release();
  answer_share_.release();
  loop_->remove(*this);
  accepted_.leave();
}

// One request after the other, each step in its order. What may wait is a coroutine of its own only
// where few requests come by: each costs a frame.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): see above.
Task<> Connection::serve() {
  arm(Phase::kHead, head_ticks_);
  if (refused_) {
    co_await refuse({503, Error(ErrorCode::kUnavailable,
                                "The server has too many connections. Try again later.")});
    co_return;
  }
  for (unsigned burst = 1;; ++burst) {
    Progress head = parse_head();
    while (head == Progress::kMore) {
      if (loop_->draining() && fresh_) co_return;
      begin_head();
      burst = 0;
      const auto [error, size] =
          co_await socket_.async_read_some(as_buffer(buffer_.space(kReadBytes)), kAwait);
      if (error) {
        co_await end_of_input(error);
        co_return;
      }
      buffer_.commit(size);
      head = parse_head();
    }
    auto refusal = head == Progress::kDone ? begin_request() : response_to(parser_.refusal());
    if (refusal) {
      co_await end_with(std::move(*refusal));
      co_return;
    }
    if (body_left_unread_ && !co_await read_body()) co_return;
    // A read that had ended before the abort still continues: nobody would answer its request.
    if (aborted_) co_return;
    hand_over();
    if (!response_) {
      co_await asio::async_initiate<const asio::use_awaitable_t<LoopExecutor>, void()>(
          [this](auto handler) { waiter_ = std::move(handler); },
          asio::use_awaitable_t<LoopExecutor>());
    }
    if (aborted_) co_return;
    compose();
    if (!write_now() && !co_await write_rest()) co_return;
    drop_response();
    if (!keep_alive_) {
      if (!buffer_.empty()) co_await linger();
      co_return;
    }
    if (burst >= kBurst) {
      burst = 0;
      co_await asio::post(loop_->context(), kAwait);
    }
  }
}

RequestParser::Progress Connection::parse_head() {
  if (buffer_.empty()) return Progress::kMore;
  if (fresh_) {
    // One empty line in front of a request is allowed (RFC 9112 §2.2): old clients send it after a
    // body.
    const std::string_view bytes = buffer_.unread();
    if (bytes == "\r") return Progress::kMore;
    if (bytes.starts_with("\r\n")) {
      buffer_.consume(2);
      if (buffer_.empty()) return Progress::kMore;
    }
    fresh_ = false;
    head_only_ = false;
  }
  return parser_.parse_head(buffer_.unread());
}

void Connection::begin_head() {
  if (buffer_.empty() && served_one_) {
    arm(Phase::kIdle, keep_alive_ticks_);
  } else if (phase_ != Phase::kHead) {
    arm(Phase::kHead, head_ticks_);
  }
}

Task<> Connection::end_of_input(boost::system::error_code error) {
  // Without a byte of a request there is nothing to answer.
  if (fresh_ || aborted_) co_return;
  if (expired_) {
    co_await refuse(timed_out("The request's headers did not arrive in time."));
  } else if (error == asio::error::eof) {
    co_await refuse({400, Error(ErrorCode::kInvalidArgument,
                                "The connection ended within the request's headers.")});
  }
}

// The request line and headers are there: takes the request, and what of its body has arrived
// already. A response when the request is refused.
std::optional<HttpResponse> Connection::begin_request() {
  request_ = parser_.take_request(remote_);
  buffer_.consume(parser_.head_size());
  served_one_ = true;
  keep_alive_ = parser_.keep_alive();
  head_only_ = request_.method() == "HEAD";
  http11_ = request_.is_http11();
  const std::uint64_t size = parser_.content_length();
  body_left_unread_ = parser_.is_chunked() || size != 0;
  if (!body_left_unread_) return std::nullopt;

  const auto admission = context_.handler.admit(request_);
  if (!admission) return admission.error();
  if (size > admission->bytes) return response_to(body_too_large(*admission));
  if (parser_.is_chunked()) {
    parser_.limit_chunks(*admission);
  } else if (buffer_.unread().size() >= size) {
    request_.set_body(std::string(buffer_.unread().substr(0, size)));
    buffer_.consume(size);
    body_left_unread_ = false;
  }
  return std::nullopt;
}

HttpResponse Connection::response_to(const Refusal& why) const {
  return context_.handler.refusal(why.error, why.status);
}

Refusal Connection::no_room(std::uint64_t body_bytes) const {
  const BodyLimit all{.bytes = context_.bodies.bytes(), .name = "bodies_bytes"};
  if (body_bytes > all.bytes) return body_too_large(all);
  return {429, Error(ErrorCode::kResourceExhausted,
                     "The server holds as many bytes of requests as it may. Try again later.")
                   .with_limit(std::string(all.name), all.bytes)};
}

Task<bool> Connection::read_body() {
  arm(Phase::kBody, loop_->ticks(context_.limits.body_timeout));
  if (parser_.expects_continue() && buffer_.empty() && !co_await answer_continue()) co_return false;
  std::string body;
  if (!co_await (parser_.is_chunked() ? read_chunked_body(body) : read_sized_body(body)))
    co_return false;
  request_.set_body(std::move(body));
  body_left_unread_ = false;
  co_return true;
}

Task<bool> Connection::read_sized_body(std::string& body) {
  const auto size = static_cast<std::size_t>(parser_.content_length());
  const std::string_view received = buffer_.unread();  // Less than the whole body.
  std::size_t filled = received.size();
  std::size_t room = std::min(size, std::max(kBodyFirstBytes, filled));
  if (!body_share_.grow_to(room)) co_return co_await refuse_body(body, no_room(size));
  body.resize(room);
  received.copy(body.data(), filled);
  buffer_.consume(filled);
  while (filled < size) {
    if (filled == room) {
      room = std::min(size, 2 * filled);
      if (!body_share_.grow_to(room)) co_return co_await refuse_body(body, no_room(size));
      body.resize(room);
    }
    const auto [error, read] = co_await socket_.async_read_some(
        asio::mutable_buffer(body.data() + filled, body.size() - filled), kAwait);
    if (error) co_return co_await read_failed(error);
    filled += read;
    progressed(read, context_.limits.body_timeout);
  }
  co_return true;
}

Task<bool> Connection::read_chunked_body(std::string& body) {
  for (;;) {
    std::size_t consumed = 0;
    const Progress progress = parser_.parse_chunks(buffer_.unread(), consumed, body);
    buffer_.consume(consumed);
    if (progress == Progress::kDone) co_return true;
    if (progress == Progress::kRefused) co_return co_await refuse_body(body, parser_.refusal());
    if (!body_share_.grow_to(body.capacity()))
      co_return co_await refuse_body(body, no_room(body.capacity()));
    const std::size_t room = body.size() < kBodyReadBytes ? kReadBytes : kBodyReadBytes;
    const auto [error, read] =
        co_await socket_.async_read_some(as_buffer(buffer_.space(room)), kAwait);
    if (error) co_return co_await read_failed(error);
    buffer_.commit(read);
    progressed(read, context_.limits.body_timeout);
  }
}

// The body does not come to its end. Always false.
Task<bool> Connection::read_failed(boost::system::error_code error) {
  if (aborted_) co_return false;
  if (expired_) {
    co_await refuse(timed_out("The request's body did not arrive in time."));
  } else if (error == asio::error::eof) {
    co_await refuse({400, Error(ErrorCode::kInvalidArgument,
                                "The connection ended within the request's body.")});
  }
  co_return false;
}

// `body`, as far as it has come, makes room for others at once. Always false.
Task<bool> Connection::refuse_body(std::string& body, Refusal why) {
  body = {};
  body_share_.release();
  co_await refuse(why);
  co_return false;
}

Task<bool> Connection::answer_continue() {
  head_left_ = kContinue;
  body_left_ = {};
  if (!write_now() && !co_await write_rest()) co_return false;
  arm(Phase::kBody, loop_->ticks(context_.limits.body_timeout));
  co_return true;
}

void Connection::hand_over() {
  disarm(Phase::kHandling);
  parser_.reset();
  buffer_.trim();
  fresh_ = true;
  context_.handler.handle(std::move(request_), Responder(shared_from_this()));
}

void Connection::respond(HttpResponse response) {
  if (loop_->is_current()) return take_response(std::move(response));
  loop_->post([self = shared_from_this(), response = std::move(response)]() mutable {
    self->take_response(std::move(response));
  });
}

void Connection::abandon() {
  // On the loop, because only as long as that runs the handler surely exists.
  loop_->post([self = shared_from_this()] {
    const Error why =
        self->loop_->draining()
            ? Error(ErrorCode::kUnavailable, "The server is stopping. Try again later.")
            : Error(ErrorCode::kInternal, "The server dropped the request without an answer.");
    self->take_response(self->context_.handler.refusal(why, std::nullopt));
  });
}

void Connection::watch(Executor::Work gone) {
  WEFT_ASSERT(loop_->is_current());
  if (aborted_ || loop_->giving_up()) return loop_->post(std::move(gone));
  client_watch_.start(http11_, std::move(gone));
}

void Connection::take_response(HttpResponse response) {
  if (aborted_) return;
  client_watch_.stop();
  response_ = std::move(response);
  // Later, not inside the caller: it may be in the middle of its own work.
  if (waiter_) asio::post(loop_->context(), std::exchange(waiter_, nullptr));
}

void Connection::compose() {
  WEFT_ASSERT(response_.has_value());
  HttpResponse& response = *response_;
  if (loop_->draining()) keep_alive_ = false;
  const ResponseOptions options{
      .keep_alive = keep_alive_, .http11 = http11_, .date = loop_->date()};
  if (is_counted(response) && !answer_share_.grow_to_or_alone(response.body.size())) {
    response = context_.handler.refusal(
        Error(ErrorCode::kUnavailable,
              "The server holds as many bytes of answers as it may, for clients that do not take "
              "them. Try again later."),
        std::nullopt);
  }
  if (!append_response_head(out_, response, options)) {
    response = context_.handler.refusal(
        Error(ErrorCode::kInternal,
              "The response has a status or a header that HTTP does not allow."),
        std::nullopt);
    const bool valid = append_response_head(out_, response, options);
    WEFT_ASSERT(valid);
  }
  body_left_ = {};
  if (!head_only_ && status_has_body(response.status)) body_left_ = response.body.view();
  if (body_left_.size() <= kCopiedBodyMax) out_.append(std::exchange(body_left_, {}));
  head_left_ = out_;
}

// It is written: a connection may idle for long and keeps little until then.
void Connection::drop_response() {
  head_left_ = {};
  body_left_ = {};
  response_.reset();
  body_share_.release();
  answer_share_.release();
  out_.clear();
  if (out_.capacity() > kOutKeptMax) out_.shrink_to_fit();
}

std::array<asio::const_buffer, 2> Connection::unwritten() const {
  return {as_buffer(head_left_), as_buffer(body_left_)};
}

void Connection::written(std::size_t bytes) {
  const std::size_t of_head = std::min(bytes, head_left_.size());
  head_left_.remove_prefix(of_head);
  body_left_.remove_prefix(bytes - of_head);
}

// Writes what the socket takes at once. True when that was all.
bool Connection::write_now() {
  boost::system::error_code error;
  written(body_left_.empty() ? socket_.send(as_buffer(head_left_), 0, error)
                             : socket_.send(unwritten(), 0, error));
  broken_ = error && error != asio::error::would_block;
  return is_all_written() && !broken_;
}

Task<bool> Connection::write_rest() {
  if (!broken_) arm(Phase::kWriting, loop_->ticks(context_.limits.write_timeout));
  while (!broken_ && !is_all_written()) {
    const auto [error, size] = co_await socket_.async_write_some(unwritten(), kAwait);
    if (error) broken_ = true;
    written(size);
    progressed(size, context_.limits.write_timeout);
  }
  co_return !broken_ && !aborted_;
}

Task<> Connection::refuse(const Refusal& why) {
  return end_with(response_to(why));
}

// The connection's last response; the request may still be arriving.
Task<> Connection::end_with(HttpResponse response) {
  keep_alive_ = false;
  response_ = std::move(response);
  compose();
  if (write_now() || co_await write_rest()) co_await linger();
}

Task<> Connection::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  arm(Phase::kLingering, loop_->ticks(kLingerTime));
  buffer_.consume(buffer_.unread().size());
  for (std::size_t dropped = 0; dropped < kLingerBytesMax && !expired_ && !aborted_;) {
    const auto [error, size] =
        co_await socket_.async_read_some(as_buffer(buffer_.space(kReadBytes)), kAwait);
    if (error) break;
    dropped += size;
  }
}

void Connection::arm(Phase phase, std::uint32_t ticks) {
  phase_ = phase;
  deadline_ = loop_->tick() + ticks;
  expired_ = false;
  moved_ = 0;
}

// Bytes came or went. Were each of them to start the time anew, a client could hold its connection
// and all that belongs to it for ever.
void Connection::progressed(std::size_t bytes, std::chrono::milliseconds time) {
  moved_ += bytes;
  if (moved_ >= context_.limits.progress_bytes) arm(phase_, loop_->ticks(time));
}

void Connection::disarm(Phase phase) {
  phase_ = phase;
  deadline_ = 0;
  expired_ = false;
}

void Connection::sweep(std::uint32_t tick) {
  client_watch_.sweep(socket_.native_handle());
  if (deadline_ == 0 || tick < deadline_) return;
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::drain() {
  if (!fresh_ || (phase_ != Phase::kIdle && phase_ != Phase::kHead)) return;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::give_up() {
  client_watch_.give_up();
}

void Connection::abort() {
  aborted_ = true;
  client_watch_.give_up();
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (waiter_) asio::post(loop_->context(), std::exchange(waiter_, nullptr));
}

}  // namespace weft::net
