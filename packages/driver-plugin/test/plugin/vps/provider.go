package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// The provider's API, as far as the driver asks for it.
type provider struct{ url, token string }

type key struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name"`
	PublicKey string `json:"public_key"`
}

type server struct {
	ID      string `json:"id,omitempty"`
	Name    string `json:"name"`
	Size    string `json:"size"`
	Image   string `json:"image"`
	Key     string `json:"key"`
	Status  string `json:"status,omitempty"`
	Address string `json:"address,omitempty"`
}

// A refusal of the provider's.
type refusal struct {
	Status int
	Words  string `json:"error"`
}

func (r refusal) Error() string { return fmt.Sprintf("%s (status %d)", r.Words, r.Status) }

// Whether the provider says that it has no such thing, in either of its ways.
func isGone(err error) bool {
	refused, ok := err.(refusal)
	return ok && (refused.Status == 404 || refused.Status == 400)
}

var client = &http.Client{Timeout: 30 * time.Second}

func (p provider) ask(method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, p.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		refused := refusal{Status: response.StatusCode}
		json.NewDecoder(response.Body).Decode(&refused)
		return refused
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(answer)
}
