module example.org/http_get_go

go 1.22

require github.com/stealthrocket/net v0.2.1
