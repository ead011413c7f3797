// A driver of docker-machine's sort, written as those are: on libmachine, and relying on all that docker-machine does for its
// drivers. Its cloud is a folder, a machine a file in it. How it behaves is an option, as are the ways in which it breaks.
// ../shelf.ts is the same in TypeScript.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/docker/machine/libmachine/drivers"
	"github.com/docker/machine/libmachine/log"
	"github.com/docker/machine/libmachine/mcnflag"
	"github.com/docker/machine/libmachine/ssh"
	"github.com/docker/machine/libmachine/state"
)

type Shelf struct {
	*drivers.BaseDriver
	Folder, Token, Manner, Id, SSHPassword, Userdata string
	Size                                             int
	Labels                                           []string
}

type machine struct {
	State state.State `json:"state"`
	Name  string      `json:"name"`
	Size  int         `json:"size"`
	Key   string      `json:"key"`
	// Until then it is on its way there.
	After int64 `json:"after,omitempty"`
}

func (s *Shelf) path() string { return filepath.Join(s.Folder, s.Id+".json") }

func (s *Shelf) get() (machine, error) {
	var found machine
	if os.Getenv("SHELF_DOWN") != "" {
		return found, errors.New("dial tcp: lookup shelf.test: no such host")
	}
	if s.Id == "" {
		return found, errors.New("the machine has no id yet")
	}
	text, err := os.ReadFile(s.path())
	if err == nil {
		err = json.Unmarshal(text, &found)
		if found.After > time.Now().UnixMilli() {
			found.State = map[state.State]state.State{state.Running: state.Starting, state.Stopped: state.Stopping}[found.State]
		}
		return found, err
	}
	switch s.Manner {
	case "tells that it is gone":
		return found, fmt.Errorf("server %s not found", s.Id)
	case "lingers":
		found.State = state.Running
	}
	return found, nil
}

func (s *Shelf) put(now state.State) error {
	key, _ := os.ReadFile(s.GetSSHKeyPath() + ".pub")
	after := int64(0)
	if s.Manner == "takes its time" {
		after = time.Now().Add(400 * time.Millisecond).UnixMilli()
	}
	text, _ := json.Marshal(machine{now, s.MachineName, s.Size, string(key), after})
	return os.WriteFile(s.path(), text, 0o600)
}

func (s *Shelf) running(answer string) (string, error) {
	found, err := s.get()
	if err != nil {
		return "", err
	}
	if found.State != state.Running {
		return "", drivers.ErrHostIsNotRunning
	}
	return answer, nil
}

func (s *Shelf) DriverName() string { return "shelf" }
func (s *Shelf) GetCreateFlags() []mcnflag.Flag {
	return []mcnflag.Flag{
		mcnflag.StringFlag{Name: "shelf-folder", Usage: "Where the machines are", EnvVar: "SHELF_FOLDER"},
		mcnflag.StringFlag{Name: "shelf-token", Usage: "Who may put machines there", EnvVar: "SHELF_TOKEN"},
		mcnflag.StringFlag{Name: "shelf-manner", Usage: "How it behaves", Value: "good"},
		mcnflag.IntFlag{Name: "shelf-size", Usage: "How large", Value: 1},
		mcnflag.BoolFlag{Name: "shelf-glossy", Usage: "Whether it shines"},
		mcnflag.StringSliceFlag{Name: "labels", Usage: "Words on it"},
		mcnflag.StringFlag{Name: "shelf-host", Usage: "Whose SSH stands for the machine's", Value: "127.0.0.1"},
		mcnflag.IntFlag{Name: "shelf-port", Usage: "Its port", Value: 2222},
		mcnflag.StringFlag{Name: "shelf-user", Usage: "Who logs in", Value: "shelf"},
		mcnflag.StringFlag{Name: "shelf-key-path", Usage: "With which key"},
		mcnflag.StringFlag{Name: "shelf-ssh-password", Usage: "The image's password", Value: "tcuser"},
		mcnflag.StringFlag{Name: "shelf-userdata", Usage: "Path of a file for its first boot"},
	}
}

func (s *Shelf) SetConfigFromFlags(flags drivers.DriverOptions) error {
	s.Folder, s.Token, s.Manner = flags.String("shelf-folder"), flags.String("shelf-token"), flags.String("shelf-manner")
	s.IPAddress, s.SSHUser, s.SSHKeyPath = flags.String("shelf-host"), flags.String("shelf-user"), flags.String("shelf-key-path")
	s.Size, s.SSHPort = flags.Int("shelf-size"), flags.Int("shelf-port")
	s.Labels = flags.StringSlice("labels")
	s.SSHPassword, s.Userdata = flags.String("shelf-ssh-password"), flags.String("shelf-userdata")
	s.SetSwarmConfigFromFlags(flags)
	if s.Size < 1 {
		return errors.New("--shelf-size must be 1 or more")
	}
	if path := os.Getenv("SHELF_VALUES"); path != "" {
		text, _ := json.Marshal(flags)
		return os.WriteFile(path, text, 0o600)
	}
	return nil
}

func (s *Shelf) GetState() (state.State, error) {
	found, err := s.get()
	return found.State, err
}
func (s *Shelf) GetURL() (string, error)         { return s.running("tcp://" + s.IPAddress + ":2376") }
func (s *Shelf) GetSSHHostname() (string, error) { return s.running(s.IPAddress) }

// As libmachine keeps images: in a folder that it makes itself, in one that must be there.
func (s *Shelf) PreCreateCheck() error {
	if s.Token == "" {
		return errors.New("shelf needs --shelf-token")
	}
	if _, err := os.Stat(filepath.Join(s.StorePath, "certs")); err != nil {
		return err
	}
	cache := filepath.Join(s.StorePath, "cache")
	if err := os.Mkdir(cache, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	return os.WriteFile(filepath.Join(cache, "shelf.img"), []byte("an image"), 0o600)
}
func (s *Shelf) Start() error {
	if s.Manner == "moves" {
		s.IPAddress = "127.0.0.2"
	}
	return s.put(state.Running)
}
func (s *Shelf) Restart() error { return s.put(state.Running) }
func (s *Shelf) Stop() error    { return s.put(state.Stopped) }
func (s *Shelf) Kill() error    { return s.put(state.Stopped) }
func (s *Shelf) Remove() error {
	if _, err := s.get(); err != nil {
		return err
	}
	if err := os.Remove(s.path()); err != nil {
		return errors.New("machine not found")
	}
	if s.Manner == "clears its folder" {
		return os.RemoveAll(s.ResolveStorePath("."))
	}
	return nil
}

func (s *Shelf) Create() error {
	switch s.Manner {
	case "panics":
		panic(errors.New("nil pointer"))
	case "dies early":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "reads its config":
		if _, err := os.ReadFile(s.ResolveStorePath("config.json")); err != nil {
			return err
		}
	}
	if s.SSHKeyPath == "" {
		if err := ssh.GenerateSSHKey(s.GetSSHKeyPath()); err != nil {
			return err
		}
		if _, err := os.ReadFile(s.GetSSHKeyPath() + ".pub"); err != nil {
			return err
		}
	}
	log.Info("Putting it there...")
	s.Id = fmt.Sprintf("%s-%d", s.MachineName, os.Getpid())
	os.MkdirAll(s.Folder, 0o700)
	if err := s.put(state.Starting); err != nil {
		return err
	}
	switch s.Manner {
	case "floods":
		for line := 0; line < 20000; line++ {
			log.Debug(strings.Repeat("x", 1000))
		}
	case "one endless line":
		fmt.Fprint(os.Stderr, strings.Repeat("y", 20_000_000))
	case "slow", "dies late":
		time.Sleep(800 * time.Millisecond)
	case "hangs":
		select {}
	}
	if s.Manner == "dies late" {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return s.put(state.Running)
}
