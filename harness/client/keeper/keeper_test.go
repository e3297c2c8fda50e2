package keeper_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/client/keeper"
)

// roleVariable makes the test program one that makes files, starts programs and waits to be ended.
const roleVariable = "TLSFAULT_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		leaveThings()
		return
	}
	os.Exit(m.Run())
}

func leaveThings() {
	dir, err := keeper.MkdirTemp("home")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)
	}
	file, err2 := keeper.CreateTemp("roots", ".pem")
	if err != nil || err2 != nil {
		fmt.Println(err, err2)
		os.Exit(1)
	}
	// In a session of its own, with a child: what is known of it is its environment alone.
	cmd := exec.Command("setsid", "sh", "-c", "sleep 600 & echo $!; sleep 600")
	cmd.Env = append(os.Environ(), "ANY=of "+keeper.Word()+" and more")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	child, _ := bufio.NewReader(out).ReadString('\n')
	fmt.Println(dir, file.Name(), cmd.Process.Pid, strings.TrimSpace(child))
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the test is done with it
}

func TestNothingIsLeftOfAProcessThatIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		need.Missing(t, "processes are found by their environment on Linux only")
	}
	temporary := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"=leave", "TMPDIR="+temporary)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	left := strings.Fields(line)
	if len(left) != 4 {
		t.Fatalf("it said %q", line)
	}
	for i, what := range left {
		if !becomes(true, i, what) { // one that turns into another program has no command line for a moment
			t.Errorf("%s is not there to begin with", what)
		}
	}
	bystander := exec.Command("sleep", "600")
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bystander.Process.Kill(); _ = bystander.Wait() }()
	other := filepath.Join(temporary, "tlsfault-home-another-1")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for i, what := range left {
		if !becomes(false, i, what) {
			t.Errorf("%s is still there", what)
		}
	}
	if !exists(0, other) || !becomes(true, 2, strconv.Itoa(bystander.Process.Pid)) {
		t.Error("what others have is gone as well")
	}
}

// becomes waits until the i-th thing is there, or is not, and reports whether it came to that.
func becomes(there bool, i int, what string) bool {
	for end := time.Now().Add(2 * time.Minute); exists(i, what) != there; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// exists reports whether the i-th thing, a file or a process, is there.
func exists(i int, what string) bool {
	if i < 2 {
		_, err := os.Stat(what)
		return err == nil
	}
	text, err := os.ReadFile("/proc/" + what + "/cmdline") // which a zombie has not
	return err == nil && len(text) > 0
}
