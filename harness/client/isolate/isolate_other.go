//go:build !linux

package isolate

import (
	"errors"
	"runtime"
)

var errPlatform = &UnavailableError{Err: errors.New("they are of Linux, and this is " + runtime.GOOS), Hint: "use a proxy instead: --proxy"}

// Run starts this program again in a world of its own.
func Run([]string) (int, error) { return 0, errPlatform }

// Enter furnishes the world.
func Enter([]string) (*World, error) { return nil, errPlatform }
