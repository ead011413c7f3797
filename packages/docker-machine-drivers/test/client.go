// What docker-machine does with a driver's plugin when it creates a machine, looks at it and removes it, with Go's own net/rpc
// and gob. Arguments: the port, the store, the machine's name, and flags as name=value. Prints what it saw as JSON.
package main

import (
	"bufio"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"strings"
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
type none = struct{}

var client *rpc.Client

func ask(method string, argument, reply interface{}) string {
	if err := client.Call("RPCServerDriver."+method, argument, reply); err != nil {
		return err.Error()
	}
	return ""
}

func main() {
	gob.RegisterName("*rpcdriver.RPCFlags", new(RPCFlags))
	gob.RegisterName("*mcnflag.IntFlag", new(IntFlag))
	gob.RegisterName("*mcnflag.StringFlag", new(StringFlag))
	gob.RegisterName("*mcnflag.StringSliceFlag", new(StringSliceFlag))
	gob.RegisterName("*mcnflag.BoolFlag", new(BoolFlag))
	connection, err := net.Dial("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Fprint(connection, "CONNECT /_goRPC_ HTTP/1.0\n\n")
	reader := bufio.NewReader(connection)
	if _, err = http.ReadResponse(reader, &http.Request{Method: "CONNECT"}); err != nil {
		panic(err)
	}
	client = rpc.NewClient(connection)

	seen := map[string]interface{}{}
	var version, number int
	var text string
	var raw []byte
	ask("GetVersion", none{}, &version)
	seen["version"] = version
	config, _ := json.Marshal(map[string]string{"MachineName": os.Args[3], "StorePath": os.Args[2]})
	seen["SetConfigRaw"] = ask("SetConfigRaw", config, &none{})

	var flags []interface{}
	seen["GetCreateFlags"] = ask("GetCreateFlags", none{}, &flags)
	values := map[string]interface{}{"driver": "x", "swarm": false, "engine-install-url": "https://get.docker.com"}
	names := []string{}
	for _, flag := range flags {
		switch each := flag.(type) {
		case *StringFlag:
			values[each.Name] = each.Value
			names = append(names, "string "+each.Name)
		case *IntFlag:
			values[each.Name] = each.Value
			names = append(names, "int "+each.Name)
		case *BoolFlag:
			values[each.Name] = false
			names = append(names, "bool "+each.Name)
		case *StringSliceFlag:
			values[each.Name] = each.Value
			names = append(names, "slice "+each.Name)
		}
	}
	seen["flags"] = names
	for _, given := range os.Args[4:] {
		name, value, _ := strings.Cut(given, "=")
		if _, is := values[name].(int); is {
			fmt.Sscan(value, &number)
			values[name] = number
		} else {
			values[name] = value
		}
	}
	var argument interface{} = &RPCFlags{Values: values}
	seen["SetConfigFromFlags"] = ask("SetConfigFromFlags", &argument, &none{})
	ask("GetState", none{}, &number)
	seen["before"] = number
	seen["unreachable"] = ask("GetIP", none{}, &text)
	for _, method := range []string{"PreCreateCheck", "Create"} {
		seen[method] = ask(method, none{}, &none{})
	}
	for _, method := range []string{"DriverName", "GetMachineName", "GetIP", "GetURL", "GetSSHHostname", "GetSSHUsername", "GetSSHKeyPath"} {
		text = ""
		if failed := ask(method, none{}, &text); failed != "" {
			text = "error: " + failed
		}
		seen[method] = text
	}
	ask("GetSSHPort", none{}, &number)
	seen["GetSSHPort"] = number
	states := []int{}
	look := func() {
		ask("GetState", none{}, &number)
		states = append(states, number)
	}
	look()
	for _, method := range []string{"Stop", "Start", "Restart", "Kill"} {
		seen[method] = ask(method, none{}, &none{})
		look()
	}
	ask("GetConfigRaw", none{}, &raw)
	seen["config"] = string(raw)
	seen["Remove"] = ask("Remove", none{}, &none{})
	look()
	seen["again"] = ask("Remove", none{}, &none{})
	seen["states"] = states
	seen["unknown"] = ask("Frobnicate", none{}, &none{})
	ask("Heartbeat", none{}, &none{})
	ask("Close", none{}, &none{})
	json.NewEncoder(os.Stdout).Encode(seen)
}
