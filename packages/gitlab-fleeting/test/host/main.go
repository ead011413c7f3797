// A host of go-plugin's own: it starts a plugin as GitLab Runner starts one, with mutual TLS, and calls an instance group by
// the .proto file that the plugin is made with. Arguments: that folder, then the plugin's command line. Each line of standard
// input is a request, as JSON; each gets one line of standard output. What the plugin logs goes to standard error.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/bufbuild/protocompile"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"golang.org/x/crypto/ssh"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// What the other side of the gRPC connection is: for dispensing it nothing more is needed.
type connection struct{ plugin.NetRPCUnsupportedPlugin }

func (connection) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return fmt.Errorf("this is the host")
}

func (connection) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (interface{}, error) {
	return conn, nil
}

type request struct {
	// A method of the group, and its argument.
	Call     string          `json:"call"`
	Argument json.RawMessage `json:"argument"`
	// Or a command to run on an instance, logged in as ConnectInfo says.
	SSH     string `json:"ssh"`
	Command string `json:"command"`
	// Or one of: ping, pid, kill.
	Do string `json:"do"`
}

type host struct {
	client  *plugin.Client
	conn    *grpc.ClientConn
	rpc     plugin.ClientProtocol
	service protoreflect.ServiceDescriptor
}

func main() {
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{ImportPaths: []string{os.Args[1]}}}
	files, err := compiler.Compile(context.Background(), "fleeting.proto")
	if err != nil {
		panic(err)
	}
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: os.Stderr, JSONFormat: true})
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: 7, MagicCookieKey: "A_PLUGIN_OF_THIS_TEST", MagicCookieValue: "yes",
		},
		Plugins:          plugin.PluginSet{"group": connection{}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         os.Getenv("HOST_WITHOUT_TLS") == "",
		Cmd:              exec.Command(os.Args[2], os.Args[3:]...),
		Logger:           logger,
	})
	defer client.Kill()
	it := host{client: client, service: files[0].Services().Get(0)}
	say := func(reply json.RawMessage, err error) {
		line := map[string]interface{}{"reply": reply}
		if err != nil {
			line = map[string]interface{}{"error": err.Error()}
		}
		json.NewEncoder(os.Stdout).Encode(line)
	}
	if it.rpc, err = client.Client(); err != nil {
		say(nil, err)
		return
	}
	raw, err := it.rpc.Dispense("group")
	if err != nil {
		say(nil, err)
		return
	}
	it.conn = raw.(*grpc.ClientConn)
	say(json.RawMessage(fmt.Sprintf(`{"version":%d}`, client.NegotiatedVersion())), nil)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		say(it.answer(asked))
	}
}

func (it *host) answer(asked request) (json.RawMessage, error) {
	switch {
	case asked.Do == "ping":
		return json.RawMessage("{}"), it.rpc.Ping()
	case asked.Do == "pid":
		return json.RawMessage(it.client.ID()), nil
	case asked.Do == "kill":
		it.client.Kill()
		return json.RawMessage(fmt.Sprint(it.client.Exited())), nil
	case asked.SSH != "":
		return it.run(asked.SSH, asked.Command)
	}
	return it.call(asked.Call, asked.Argument)
}

func (it *host) call(name string, argument json.RawMessage) (json.RawMessage, error) {
	method := it.service.Methods().ByName(protoreflect.Name(name))
	in, out := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
	if len(argument) > 0 {
		if err := protojson.Unmarshal(argument, in); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	path := fmt.Sprintf("/%s/%s", it.service.FullName(), name)
	if err := it.conn.Invoke(ctx, path, in, out); err != nil {
		return nil, err
	}
	options := protojson.MarshalOptions{EmitUnpopulated: true, UseProtoNames: true}
	reply, err := options.Marshal(out)
	return json.RawMessage(reply), err
}

// As the runner's connector does: a new connection with what ConnectInfo tells.
func (it *host) run(instance, command string) (json.RawMessage, error) {
	argument, _ := json.Marshal(map[string]string{"instance": instance})
	reply, err := it.call("ConnectInfo", argument)
	if err != nil {
		return nil, err
	}
	var info struct {
		Config struct {
			Key      []byte `json:"key"`
			Username string `json:"username"`
			Port     int    `json:"protocol_port"`
		} `json:"connector_config"`
		Address string `json:"external_addr"`
	}
	if err := json.Unmarshal(reply, &info); err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(info.Config.Key)
	if err != nil {
		return nil, err
	}
	client, err := ssh.Dial("tcp", net.JoinHostPort(info.Address, fmt.Sprint(info.Config.Port)), &ssh.ClientConfig{
		User: info.Config.Username, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 20 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return nil, err
	}
	defer session.Close()
	output, err := session.CombinedOutput(command)
	said, _ := json.Marshal(string(output))
	return said, err
}
