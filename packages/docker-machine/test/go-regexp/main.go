// Answers, for each line `["pattern","text"]`, what Go's own regexp says of it: `{"match":bool}`, or `{"error":"…"}`.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var question [2]string
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			panic(err)
		}
		answer := map[string]any{}
		if compiled, err := regexp.Compile(question[0]); err != nil {
			answer["error"] = err.Error()
		} else {
			answer["match"] = compiled.MatchString(question[1])
		}
		text, _ := json.Marshal(answer)
		fmt.Fprintln(out, string(text))
	}
}
