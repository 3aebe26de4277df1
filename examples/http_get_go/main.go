// http_get_go URL: fetches a page over HTTP with Go's own client and writes it to standard output. Built with GOOS=wasip1 and
// the build tag getaddrinfo; github.com/stealthrocket/net gives Go's HTTP client the sockets of WasmEdge's extension, and
// with the tag asks the host for addresses (without it Go would look for a name server itself, which NET does not grant).
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	_ "github.com/stealthrocket/net/http"
)

func fetch(url string) error {
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(os.Stdout, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: http_get_go http://host[:port]/path")
		os.Exit(2)
	}
	if err := fetch(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "http_get_go:", err)
		os.Exit(1)
	}
}
