// A driver of docker-machine's sort, written as those are: Go's own net/rpc and gob, nothing else. Its cloud is a folder, a
// machine a file in it. How it behaves is an option, as are the ways in which it breaks. shelf.ts is the same in TypeScript.
package main

import (
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

type StringFlag struct{ Name, Usage, EnvVar, Value string }
type IntFlag struct {
	Name, Usage, EnvVar string
	Value               int
}
type BoolFlag struct{ Name, Usage, EnvVar string }
type StringSliceFlag struct {
	Name, Usage, EnvVar string
	Value               []string
}
type RPCFlags struct{ Values map[string]interface{} }

type Config struct {
	MachineName, StorePath, Folder, Token, Manner, Id string
	Host, User, Key                                   string
	Port, Size                                        int
	Labels                                            []string
}

type machine struct {
	State int    `json:"state"`
	Name  string `json:"name"`
	Size  int    `json:"size"`
}

type none = struct{}

type Shelf struct {
	config Config
	last   time.Time
}

func (s *Shelf) path() string { return filepath.Join(s.config.Folder, s.config.Id+".json") }

func (s *Shelf) get() (machine, error) {
	var found machine
	if s.config.Id == "" {
		return found, errors.New("the machine has no id yet")
	}
	text, err := os.ReadFile(s.path())
	if err != nil {
		return found, nil
	}
	return found, json.Unmarshal(text, &found)
}

func (s *Shelf) put(state int) error {
	text, _ := json.Marshal(machine{state, s.config.MachineName, s.config.Size})
	return os.WriteFile(s.path(), text, 0o600)
}

func (s *Shelf) running(answer string, reply *string) error {
	found, err := s.get()
	if err != nil {
		return err
	}
	if found.State != 1 {
		return errors.New("Host is not running")
	}
	*reply = answer
	return nil
}

func (s *Shelf) Heartbeat(_ *none, _ *none) error { s.last = time.Now(); return nil }
func (s *Shelf) Close(_ *none, _ *none) error {
	go func() { time.Sleep(20 * time.Millisecond); os.Exit(0) }()
	return nil
}
func (s *Shelf) GetVersion(_ *none, reply *int) error {
	*reply = 1
	if os.Getenv("SHELF_VERSION") != "" {
		fmt.Sscan(os.Getenv("SHELF_VERSION"), reply)
	}
	return nil
}
func (s *Shelf) DriverName(_ *none, reply *string) error     { *reply = "shelf"; return nil }
func (s *Shelf) GetMachineName(_ *none, reply *string) error { *reply = s.config.MachineName; return nil }
func (s *Shelf) GetConfigRaw(_ *none, reply *[]byte) (err error) {
	*reply, err = json.Marshal(s.config)
	return
}
func (s *Shelf) SetConfigRaw(text []byte, _ *none) error { return json.Unmarshal(text, &s.config) }
func (s *Shelf) GetCreateFlags(_ *none, reply *[]interface{}) error {
	*reply = []interface{}{
		&StringFlag{"shelf-folder", "Where the machines are", "SHELF_FOLDER", ""},
		&StringFlag{"shelf-token", "Who may put machines there", "SHELF_TOKEN", ""},
		&StringFlag{"shelf-manner", "How it behaves", "", "good"},
		&IntFlag{"shelf-size", "How large", "", 1},
		&BoolFlag{"shelf-glossy", "Whether it shines", ""},
		&StringSliceFlag{"labels", "Words on it", "", nil},
		&StringFlag{"shelf-host", "Whose SSH stands for the machine's", "", "127.0.0.1"},
		&IntFlag{"shelf-port", "Its port", "", 2222},
		&StringFlag{"shelf-user", "Who logs in", "", "shelf"},
		&StringFlag{"shelf-key-path", "With which key", "", ""},
	}
	return nil
}
func (s *Shelf) SetConfigFromFlags(argument *interface{}, _ *none) error {
	values := (*argument).(*RPCFlags).Values
	text := func(name string) string { return values["shelf-"+name].(string) }
	c := &s.config
	c.Folder, c.Token, c.Manner = text("folder"), text("token"), text("manner")
	c.Host, c.User, c.Key = text("host"), text("user"), text("key-path")
	c.Size, c.Port = values["shelf-size"].(int), values["shelf-port"].(int)
	c.Labels, _ = values["labels"].([]string)
	// What docker-machine always passes, and drivers look for.
	for _, name := range []string{"swarm", "swarm-master"} {
		_ = values[name].(bool)
	}
	_ = values["swarm-host"].(string)
	return nil
}
func (s *Shelf) GetState(_ *none, reply *int) error {
	found, err := s.get()
	*reply = found.State
	return err
}
func (s *Shelf) GetIP(_ *none, reply *string) error  { return s.running(s.config.Host, reply) }
func (s *Shelf) GetURL(_ *none, reply *string) error {
	return s.running("tcp://"+s.config.Host+":2376", reply)
}
func (s *Shelf) GetSSHHostname(_ *none, reply *string) error { return s.running(s.config.Host, reply) }
func (s *Shelf) GetSSHUsername(_ *none, reply *string) error { *reply = s.config.User; return nil }
func (s *Shelf) GetSSHPort(_ *none, reply *int) error        { *reply = s.config.Port; return nil }
func (s *Shelf) GetSSHKeyPath(_ *none, reply *string) error  { *reply = s.config.Key; return nil }
func (s *Shelf) PreCreateCheck(_ *none, _ *none) error {
	if s.config.Token == "" {
		return errors.New("shelf needs --shelf-token")
	}
	return nil
}
func (s *Shelf) Start(_ *none, _ *none) error   { return s.put(1) }
func (s *Shelf) Restart(_ *none, _ *none) error { return s.put(1) }
func (s *Shelf) Stop(_ *none, _ *none) error    { return s.put(4) }
func (s *Shelf) Kill(_ *none, _ *none) error    { return s.put(4) }
func (s *Shelf) Remove(_ *none, _ *none) error {
	if found, err := s.get(); err != nil {
		return err
	} else if found.State == 0 {
		return errors.New("machine not found")
	}
	return os.Remove(s.path())
}

func (s *Shelf) Create(_ *none, _ *none) error {
	switch s.config.Manner {
	case "panics":
		return errors.New("Panic in the driver: nil pointer\ngoroutine 1 [running]:\n\tmain.go:1")
	case "dies early":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	fmt.Println("(shelf) Putting it there...")
	s.config.Id = fmt.Sprintf("%s-%d", s.config.MachineName, os.Getpid())
	os.MkdirAll(s.config.Folder, 0o700)
	if err := s.put(6); err != nil {
		return err
	}
	switch s.config.Manner {
	case "floods":
		for line := 0; line < 20000; line++ {
			fmt.Fprintln(os.Stderr, strings.Repeat("x", 1000))
		}
	case "one endless line":
		fmt.Fprint(os.Stderr, strings.Repeat("y", 20_000_000))
	case "slow", "dies late":
		time.Sleep(800 * time.Millisecond)
	case "hangs":
		select {}
	}
	if s.config.Manner == "dies late" {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return s.put(1)
}

func main() {
	if os.Getenv("MACHINE_PLUGIN_TOKEN") != "42" || os.Getenv("SHELF_MUTE") != "" {
		fmt.Fprintln(os.Stderr, "This is a Docker Machine plugin binary.")
		os.Exit(1)
	}
	gob.RegisterName("*rpcdriver.RPCFlags", &RPCFlags{})
	gob.RegisterName("*mcnflag.StringFlag", &StringFlag{})
	gob.RegisterName("*mcnflag.IntFlag", &IntFlag{})
	gob.RegisterName("*mcnflag.BoolFlag", &BoolFlag{})
	gob.RegisterName("*mcnflag.StringSliceFlag", &StringSliceFlag{})
	shelf := &Shelf{last: time.Now()}
	rpc.RegisterName("RPCServerDriver", shelf)
	rpc.HandleHTTP()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Getenv("SHELF_RUBBISH") != "" {
		fmt.Println("Welcome to the shelf!")
	}
	fmt.Println(listener.Addr())
	go http.Serve(listener, nil)
	for time.Since(shelf.last) < 10*time.Second {
		time.Sleep(time.Second)
	}
	os.Exit(1)
}
