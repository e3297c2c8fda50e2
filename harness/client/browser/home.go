package browser

import (
	"os"
	"time"
)

// startTime bounds how long a browser may take until it answers.
const startTime = time.Minute

// closeTime bounds how long it may take to end by itself.
const closeTime = 3 * time.Second

// homes is the directory for the homes of browsers: Chromium makes a socket in
// its home, whose path may not be longer than some hundred bytes.
func homes() string {
	const longest = 30
	dir := os.TempDir()
	if info, err := os.Stat("/tmp"); len(dir) > longest && err == nil && info.IsDir() {
		return "/tmp"
	}
	return dir
}

// environment is what a browser sees of the world: a home of its own. Proxies and
// settings of the user, which would make it another client, stay out.
func environment(home string) []string {
	list := []string{
		"HOME=" + home, "TMPDIR=" + home, "LC_ALL=C", "LANGUAGE=en",
		"XDG_CONFIG_HOME=" + home, "XDG_CACHE_HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_RUNTIME_DIR=" + home,
		"DBUS_SESSION_BUS_ADDRESS=disabled:", // no desktop to talk to
	}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "FONTCONFIG_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			list = append(list, name+"="+value)
		}
	}
	return list
}
