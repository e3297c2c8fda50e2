package browser

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
)

// unfit matches what does not belong into the name of a file.
var unfit = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// keepScreenshot keeps a picture of what was shown of address in a file of dir, and returns its path.
func keepScreenshot(picture []byte, dir, address string) (string, error) {
	host := "page"
	if u, err := url.Parse(address); err == nil {
		host = unfit.ReplaceAllString(u.Host, "-")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(dir, host+"-*.png")
	if err != nil {
		return "", err
	}
	_, err = file.Write(picture)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", fmt.Errorf("writing %s: %w", file.Name(), err)
	}
	return file.Name(), nil
}
