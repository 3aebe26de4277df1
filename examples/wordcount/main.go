// wordcount [FILE]: the ten most frequent words of a file below the starting directory, or of standard input, counted by
// several goroutines. Built with GOOS=wasip1.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"
	"unicode"
)

func count(text string) map[string]int {
	words := map[string]int{}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
		words[strings.ToLower(word)]++
	}
	return words
}

func run(in io.Reader, out io.Writer) error {
	lines := make(chan string)
	results := make(chan map[string]int)
	var workers sync.WaitGroup
	for range 4 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for line := range lines {
				results <- count(line)
			}
		}()
	}
	total := map[string]int{}
	done := make(chan struct{})
	go func() {
		for words := range results {
			for word, n := range words {
				total[word] += n
			}
		}
		close(done)
	}()
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, 1<<26)
	for scanner.Scan() {
		lines <- scanner.Text()
	}
	close(lines)
	workers.Wait()
	close(results)
	<-done

	words := make([]string, 0, len(total))
	for word := range total {
		words = append(words, word)
	}
	sort.Slice(words, func(i, j int) bool {
		if total[words[i]] != total[words[j]] {
			return total[words[i]] > total[words[j]]
		}
		return words[i] < words[j]
	})
	for _, word := range words[:min(10, len(words))] {
		fmt.Fprintf(out, "%7d %s\n", total[word], word)
	}
	return scanner.Err()
}

func main() {
	in := io.Reader(os.Stdin)
	if len(os.Args) > 1 {
		file, err := os.Open(os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, "wordcount:", err)
			os.Exit(1)
		}
		defer file.Close()
		in = file
	}
	if err := run(in, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "wordcount:", err)
		os.Exit(1)
	}
}
