// Answers each line {"template": …, "data": …} with what Go's own text/template makes of it.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"text/template"
)

type question struct {
	Template string          `json:"template"`
	Data     json.RawMessage `json:"data"`
}

type answer struct {
	Out   string `json:"out"`
	Error string `json:"error,omitempty"`
}

var functions = template.FuncMap{
	"json": func(v interface{}) string { a, _ := json.Marshal(v); return string(a) },
	"prettyjson": func(v interface{}) string {
		a, _ := json.MarshalIndent(v, "", "    ")
		return string(a)
	},
}

func ask(q question) (a answer) {
	var data interface{}
	if err := json.Unmarshal(q.Data, &data); err != nil {
		return answer{Error: "data: " + err.Error()}
	}
	t, err := template.New("").Funcs(functions).Parse(q.Template)
	if err != nil {
		return answer{Error: err.Error()}
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		a.Error = err.Error()
	}
	a.Out = out.String()
	return a
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	lines := json.NewDecoder(in)
	for lines.More() {
		var q question
		if err := lines.Decode(&q); err != nil {
			panic(err)
		}
		out.Encode(ask(q))
	}
}
