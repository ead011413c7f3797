// A driver for the servers of a small provider, written as third-party drivers are: on libmachine, and relying on all that
// docker-machine does for its drivers. The provider is the tests' own.
package main

import (
	"github.com/docker/machine/libmachine/drivers"
	"github.com/docker/machine/libmachine/drivers/plugin"
)

func main() {
	plugin.RegisterDriver(&Driver{BaseDriver: &drivers.BaseDriver{}})
}
