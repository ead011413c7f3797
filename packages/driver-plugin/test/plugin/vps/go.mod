module example.test/docker-machine-driver-vps

go 1.19

require github.com/docker/machine v0.16.2

require (
	github.com/docker/docker v1.13.1 // indirect
	golang.org/x/crypto v0.17.0 // indirect
	golang.org/x/sys v0.15.0 // indirect
	golang.org/x/term v0.15.0 // indirect
)
