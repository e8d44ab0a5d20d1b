// The module _weft_http, for the guests whose hosts make requests to servers of HTTP.
#ifndef GUESTS_PYTHON_HTTP_H_
#define GUESTS_PYTHON_HTTP_H_

// Before Python starts.
void http_add_module(void);

#endif  // GUESTS_PYTHON_HTTP_H_
