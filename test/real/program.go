package main

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"sync"
	"text/template"
	"time"
)

type animal struct {
	Name  string            `json:"name"`
	Legs  int               `json:"legs,omitempty"`
	Notes map[string]string `json:"notes"`
	Ratio float64           `json:"ratio"`
}

func goroutines() {
	var group sync.WaitGroup
	var lock sync.Mutex
	sums := map[int]int{}
	jobs := make(chan int)
	for worker := 0; worker < 50; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for job := range jobs {
				sum := 0
				for i := 0; i <= job; i++ {
					sum += i
				}
				runtime.Gosched()
				lock.Lock()
				sums[job] = sum
				lock.Unlock()
			}
		}()
	}
	for job := 0; job < 500; job++ {
		jobs <- job
	}
	close(jobs)
	group.Wait()
	total := 0
	for _, sum := range sums {
		total += sum
	}
	fmt.Println("goroutines", len(sums), total)

	slow, fast := make(chan string), make(chan string)
	go func() { time.Sleep(time.Hour); slow <- "slow" }()
	go func() { time.Sleep(time.Millisecond); fast <- "fast" }()
	select {
	case word := <-slow:
		fmt.Println(word)
	case word := <-fast:
		fmt.Println(word)
	}
	select {
	case <-slow:
	case <-time.After(2 * time.Millisecond):
		fmt.Println("timeout")
	}
	// A pipeline: the primes below 200.
	source := make(chan int)
	go func() {
		for i := 2; i < 200; i++ {
			source <- i
		}
		close(source)
	}()
	var primes []int
	for {
		prime, more := <-source
		if !more {
			break
		}
		primes = append(primes, prime)
		next := make(chan int)
		go func(in, out chan int) {
			for i := range in {
				if i%prime != 0 {
					out <- i
				}
			}
			close(out)
		}(source, next)
		source = next
	}
	fmt.Println(primes)
}

func compressors() {
	var text bytes.Buffer
	for i := 0; i < 3000; i++ {
		fmt.Fprintf(&text, "%d %x %q\n", i, i*i, strings.Repeat("ab", i%7))
	}
	for level := 1; level <= 9; level += 4 {
		var packed bytes.Buffer
		writer, _ := gzip.NewWriterLevel(&packed, level)
		writer.Write(text.Bytes())
		writer.Close()
		fmt.Printf("gzip %d %d %x\n", level, packed.Len(), sha256.Sum256(packed.Bytes()))
		reader, err := gzip.NewReader(&packed)
		if err != nil {
			panic(err)
		}
		again, _ := io.ReadAll(reader)
		fmt.Println(bytes.Equal(again, text.Bytes()))
	}
	_, err := io.ReadAll(flate.NewReader(strings.NewReader("no stream of this kind")))
	fmt.Println(err)
}

type missing struct{ name string }

func (m missing) Error() string { return "missing " + m.name }

func failures() {
	defer func() { fmt.Println("recovered:", recover()) }()
	wrapped := fmt.Errorf("outer: %w", missing{"thing"})
	var inner missing
	fmt.Println(errors.As(wrapped, &inner), inner.name, wrapped)
	_, err := os.Open("none.txt")
	fmt.Println(errors.Is(err, os.ErrNotExist))
	var nothing map[string]int
	nothing["x"] = 1
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "panic" {
		list := []int{1, 2, 3}
		fmt.Println(list[len(os.Args)+3])
	}
	if len(os.Args) > 1 && os.Args[1] == "exit" {
		os.Exit(3)
	}
	goroutines()
	compressors()
	failures()

	words := map[string]int{}
	for _, word := range strings.Fields(strings.Repeat("the cow jumped over the moon and the cow fell ", 100)) {
		words[word]++
	}
	names := make([]string, 0, len(words))
	for word := range words {
		names = append(names, word)
	}
	sort.Slice(names, func(a, b int) bool {
		return words[names[a]] > words[names[b]] || words[names[a]] == words[names[b]] && names[a] < names[b]
	})
	fmt.Println(names, words)

	pattern := regexp.MustCompile(`(?i)(\w+)@(\w+)\.(?:org|com)`)
	fmt.Println(pattern.ReplaceAllString("Write to Cow@moon.org or to the.moon@example.COM, not to @x.org", "<$2 $1>"))
	fmt.Println(pattern.FindAllStringSubmatchIndex("a@b.com c@d.org", -1))

	list := []animal{{"cow", 4, map[string]string{"b": "2", "a": "1 < 2"}, 0.1}, {"snake", 0, nil, math.Pi}}
	text, _ := json.MarshalIndent(list, "", " ")
	fmt.Println(string(text))
	var back []animal
	fmt.Println(json.Unmarshal(text, &back), back[1].Ratio == math.Pi, json.Unmarshal([]byte(`[{"name":7}]`), &back))

	factorial := big.NewInt(1)
	for i := int64(2); i <= 200; i++ {
		factorial.Mul(factorial, big.NewInt(i))
	}
	fmt.Println(factorial, new(big.Int).Exp(big.NewInt(3), factorial, big.NewInt(1000003)))
	fmt.Printf("%08.3f %+v %#v %T %x %e %v %v\n", -3.14159, back[0], list[1].Legs, pattern, "hex", 1e100, math.Inf(-1), math.NaN())
	fmt.Println(math.Sin(1), math.Exp(1), math.Sqrt(2), math.Gamma(5.5), math.Float64bits(math.Pow(1.1, 10)))

	template.Must(template.New("t").Parse("{{range .}}{{.Name | printf \"%-6s|\"}}{{if .Legs}}{{.Legs}}{{else}}none{{end}}\n{{end}}")).Execute(os.Stdout, list)

	scanner := bufio.NewScanner(os.Stdin)
	for scanner.Scan() {
		fmt.Printf("%q\n", scanner.Text())
	}
	content, err := os.ReadFile(os.Args[1])
	fmt.Println(len(content), err, os.Getenv("NAME"))
	if err := os.MkdirAll("made/deep", 0o777); err != nil {
		fmt.Println(err)
	}
	for i := 0; i < 20; i++ {
		os.WriteFile(fmt.Sprintf("made/deep/%02d", i), content[:i%4], 0o666)
	}
	entries, _ := os.ReadDir("made/deep")
	info, _ := entries[3].Info()
	fmt.Println(len(entries), entries[19].Name(), info.Size(), os.RemoveAll("made"))
	fmt.Println(time.Unix(-1, 0).UTC(), time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC).AddDate(1, 0, 0).Format(time.RFC1123))
}
