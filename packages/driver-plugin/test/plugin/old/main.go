// An old docker-machine as far as it is its drivers' plugin: it serves two of those that docker-machine 0.16.2 had inside, which
// are its own code, and refuses all others in its words.
package main

import (
	"fmt"
	"os"

	"github.com/docker/machine/drivers/hyperv"
	"github.com/docker/machine/drivers/softlayer"
	"github.com/docker/machine/libmachine/drivers/plugin"
	"github.com/docker/machine/libmachine/drivers/plugin/localbinary"
)

func main() {
	if os.Getenv(localbinary.PluginEnvKey) != localbinary.PluginEnvVal {
		fmt.Println("docker-machine version 0.16.2, build bd45ab13")
		return
	}
	switch name := os.Getenv(localbinary.PluginEnvDriverName); name {
	case "hyperv":
		plugin.RegisterDriver(hyperv.NewDriver("", ""))
	case "softlayer":
		plugin.RegisterDriver(softlayer.NewDriver("", ""))
	default:
		fmt.Fprintf(os.Stderr, "Unsupported driver: %s\n", name)
		os.Exit(1)
	}
}
