package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/docker/machine/libmachine/drivers"
	"github.com/docker/machine/libmachine/log"
	"github.com/docker/machine/libmachine/mcnflag"
	"github.com/docker/machine/libmachine/ssh"
	"github.com/docker/machine/libmachine/state"
)

type Driver struct {
	*drivers.BaseDriver
	APIURL, Token, Size, Image string
	ServerID, KeyID            string
}

func (d *Driver) provider() provider { return provider{d.APIURL, d.Token} }

func (d *Driver) DriverName() string { return "vps" }

func (d *Driver) GetCreateFlags() []mcnflag.Flag {
	return []mcnflag.Flag{
		mcnflag.StringFlag{Name: "vps-api-url", Usage: "Where the provider answers", EnvVar: "VPS_API_URL"},
		mcnflag.StringFlag{Name: "vps-token", Usage: "The account's token", EnvVar: "VPS_TOKEN"},
		mcnflag.StringFlag{Name: "vps-size", Usage: "Size of the server", EnvVar: "VPS_SIZE", Value: "small"},
		mcnflag.StringFlag{Name: "vps-image", Usage: "Image of the server", EnvVar: "VPS_IMAGE", Value: "debian-13"},
		mcnflag.StringFlag{Name: "vps-ssh-user", Usage: "Who logs in", EnvVar: "VPS_SSH_USER", Value: "root"},
	}
}

func (d *Driver) SetConfigFromFlags(flags drivers.DriverOptions) error {
	d.APIURL, d.Token = flags.String("vps-api-url"), flags.String("vps-token")
	d.Size, d.Image = flags.String("vps-size"), flags.String("vps-image")
	d.SSHUser, d.SSHPort = flags.String("vps-ssh-user"), 22
	d.SetSwarmConfigFromFlags(flags)
	if d.Token == "" {
		return errors.New("vps driver requires the --vps-token option")
	}
	return nil
}

func (d *Driver) PreCreateCheck() error { return d.provider().ask("GET", "/account", nil, nil) }

func (d *Driver) Create() error {
	log.Info("Creating SSH key...")
	if err := ssh.GenerateSSHKey(d.GetSSHKeyPath()); err != nil {
		return err
	}
	public, err := os.ReadFile(d.GetSSHKeyPath() + ".pub")
	if err != nil {
		return err
	}
	made := key{Name: d.MachineName, PublicKey: string(public)}
	if err := d.provider().ask("POST", "/keys", made, &made); err != nil {
		return err
	}
	d.KeyID = made.ID
	log.Info("Creating server...")
	asked := server{Name: d.MachineName, Size: d.Size, Image: d.Image, Key: d.KeyID}
	if err := d.provider().ask("POST", "/servers", asked, &asked); err != nil {
		return err
	}
	d.ServerID = asked.ID
	log.Info("Waiting for the server to be built...")
	for {
		found, err := d.server()
		if err != nil {
			return err
		}
		if found.Status == "active" && found.Address != "" {
			d.IPAddress = found.Address
			return nil
		}
		time.Sleep(300 * time.Millisecond)
	}
}

func (d *Driver) server() (server, error) {
	var found server
	err := d.provider().ask("GET", "/servers/"+d.ServerID, nil, &found)
	return found, err
}

func (d *Driver) GetState() (state.State, error) {
	found, err := d.server()
	if err != nil {
		return state.Error, err
	}
	switch found.Status {
	case "building", "starting", "rebooting":
		return state.Starting, nil
	case "active":
		return state.Running, nil
	case "stopping", "deleting":
		return state.Stopping, nil
	case "off":
		return state.Stopped, nil
	}
	return state.None, nil
}

func (d *Driver) GetSSHHostname() (string, error) { return d.GetIP() }

func (d *Driver) GetURL() (string, error) {
	if err := drivers.MustBeRunning(d); err != nil {
		return "", err
	}
	address, err := d.GetIP()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("tcp://%s:2376", address), nil
}

func (d *Driver) act(what string) error {
	return d.provider().ask("POST", "/servers/"+d.ServerID+"/actions", map[string]string{"type": what}, nil)
}

func (d *Driver) Start() error   { return d.act("start") }
func (d *Driver) Stop() error    { return d.act("stop") }
func (d *Driver) Restart() error { return d.act("reboot") }
func (d *Driver) Kill() error    { return d.act("kill") }

// What is gone already is what was wanted.
func (d *Driver) Remove() error {
	for _, path := range []string{"/servers/" + d.ServerID, "/keys/" + d.KeyID} {
		if err := d.provider().ask("DELETE", path, nil, nil); err != nil && !isGone(err) {
			return err
		}
	}
	return nil
}
