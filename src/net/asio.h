// The only include of Asio, so that every file of net sees it with the same settings. Never in a
// public header.
#pragma once

#define BOOST_ASIO_NO_DEPRECATED
// Beast 1.81 asserts what a client can bring about: "0\r\n" and then "\r" alone fails its n >= 5.
// The code behind the assert handles that case.
#define BOOST_DISABLE_ASSERTS

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weft::net {

namespace asio = boost::asio;

// Typed executors: type-erased ones cost 6 % of the CPU time of a request.
using LoopExecutor = asio::io_context::executor_type;
template <class T = void>
using Task = asio::awaitable<T, LoopExecutor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, LoopExecutor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, LoopExecutor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

// const auto [error, n] = co_await socket.async_read_some(buffer, kAwait);
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<LoopExecutor>> kAwait{};

}  // namespace weft::net
