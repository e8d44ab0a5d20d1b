#include "net/curl_library.h"

#include "base/shared_library.h"

namespace weft::net {

Result<CurlLibrary> CurlLibrary::load() {
  // The interface's version is the same since 2006.
  auto library = TRY(SharedLibrary::open({"libcurl.so.4", "Asking a server", "libcurl4"}));
  CurlLibrary curl;
  library.find("curl_global_init", curl.global_init);
  library.find("curl_global_cleanup", curl.global_cleanup);
  library.find("curl_easy_init", curl.easy_init);
  library.find("curl_easy_cleanup", curl.easy_cleanup);
  library.find("curl_easy_reset", curl.easy_reset);
  library.find("curl_easy_setopt", curl.easy_setopt);
  library.find("curl_easy_getinfo", curl.easy_getinfo);
  library.find("curl_easy_perform", curl.easy_perform);
  library.find("curl_easy_strerror", curl.easy_strerror);
  library.find("curl_slist_append", curl.slist_append);
  library.find("curl_slist_free_all", curl.slist_free_all);
  library.find("curl_easy_pause", curl.easy_pause);
  library.find("curl_multi_init", curl.multi_init);
  library.find("curl_multi_cleanup", curl.multi_cleanup);
  library.find("curl_multi_setopt", curl.multi_setopt);
  library.find("curl_multi_add_handle", curl.multi_add_handle);
  library.find("curl_multi_remove_handle", curl.multi_remove_handle);
  library.find("curl_multi_socket_action", curl.multi_socket_action);
  library.find("curl_multi_info_read", curl.multi_info_read);
  library.find("curl_url", curl.url);
  library.find("curl_url_cleanup", curl.url_cleanup);
  library.find("curl_url_get", curl.url_get);
  library.find("curl_url_set", curl.url_set);
  library.find("curl_url_strerror", curl.url_strerror);
  library.find("curl_free", curl.free);
  TRY(library.check());
  return curl;
}

}  // namespace weft::net
