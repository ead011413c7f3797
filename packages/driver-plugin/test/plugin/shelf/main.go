package main

import (
	"fmt"
	"net"
	"net/http"
	"net/rpc"
	"os"

	"github.com/docker/machine/libmachine/drivers"
	"github.com/docker/machine/libmachine/drivers/plugin"
	rpcdriver "github.com/docker/machine/libmachine/drivers/rpc"
)

func main() {
	if os.Getenv("SHELF_MUTE") != "" {
		os.Unsetenv("MACHINE_PLUGIN_TOKEN")
	}
	if os.Getenv("SHELF_RUBBISH") != "" {
		fmt.Println("Welcome to the shelf!")
	}
	shelf := &Shelf{BaseDriver: &drivers.BaseDriver{}}
	if version := os.Getenv("SHELF_VERSION"); version != "" {
		serveAs(version, shelf)
	}
	plugin.RegisterDriver(shelf)
}

// One of a later version, which libmachine itself never was.
type later struct {
	*rpcdriver.RPCServerDriver
	version string
}

func (l later) GetVersion(_ *struct{}, reply *int) error {
	_, err := fmt.Sscan(l.version, reply)
	return err
}

func serveAs(version string, shelf *Shelf) {
	served := later{rpcdriver.NewRPCServerDriver(shelf), version}
	rpc.RegisterName("RPCServerDriver", served)
	rpc.HandleHTTP()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	go http.Serve(listener, nil)
	<-served.CloseCh
	os.Exit(0)
}
