# server
# A proxy of the environment is for other machines, never for a server on this one.
$ http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 weft list
http://[..] has no functions. Deploy one: weft deploy NAME FILE
$ http_proxy=http://127.0.0.1:1 weft list --server "http://localhost:${WEFT_SERVER##*:}"
http://[..] has no functions. Deploy one: weft deploy NAME FILE
$ http_proxy=http://127.0.0.1:1 weft list --server http://weft.invalid
weft: Cannot reach http://weft.invalid/[..]: Failed to connect to 127.0.0.1 port 1[..]
? 7
