package browser

import (
	"os"
	"strings"

	"github.com/chromedp/chromedp"
)

// flag is a switch of Chromium's command line.
type flag struct {
	name  string
	value any // true, or the text after =
}

// chromiumFlags returns the switches that a browser is started with. They take away what
// would spoil the evidence or leave the machine, and nothing of how Chromium
// decides about a server: versions, suites, path building, AIA fetching, HSTS and
// mixed content stay as they are for its users.
func chromiumFlags(insecure bool) []flag {
	list := []flag{
		{"headless", true},
		// Every name leads to loopback, so that a case's name needs no DNS, and
		// what the browser asks of its vendor's hosts goes nowhere.
		{"host-resolver-rules", "MAP * 127.0.0.1, EXCLUDE ::1"},
		{"no-proxy-server", true}, // the user's proxy would make it another client
		{"disable-background-networking", true},
		{"disable-component-update", true}, // also keeps lists of revoked certificates as they were installed
		{"disable-domain-reliability", true},
		{"disable-client-side-phishing-detection", true},
		{"disable-sync", true},
		{"disable-default-apps", true},
		{"disable-extensions", true},
		{"no-first-run", true},
		{"no-default-browser-check", true},
		{"no-pings", true},
		{"disable-search-engine-choice-screen", true},
		// Experiments that a build may have switched on for some of its users.
		{"disable-field-trial-config", true},
		{"disable-features", strings.Join(disabledFeatures(insecure), ",")},
		// A case has no Alt-Svc, and evidence is of TLS over TCP.
		{"disable-quic", true},
		// Windows that nobody sees must run at full speed, and scripts of a page
		// may submit forms and navigate without anybody clicking.
		{"disable-background-timer-throttling", true},
		{"disable-backgrounding-occluded-windows", true},
		{"disable-renderer-backgrounding", true},
		{"disable-popup-blocking", true},
		{"disable-prompt-on-repost", true},
		{"disable-hang-monitor", true},
		{"autoplay-policy", "no-user-gesture-required"},
		// Nothing outside of the profile: no keyring, no crash reports, no shared memory that is too small in containers.
		{"password-store", "basic"},
		{"use-mock-keychain", true},
		{"disable-breakpad", true},
		{"disable-crash-reporter", true},
		{"disable-dev-shm-usage", true},
		{"disable-gpu", true},
		{"mute-audio", true},
	}
	if withoutSandbox() {
		list = append(list, flag{"no-sandbox", true})
	}
	if insecure {
		list = append(list, flag{"ignore-certificate-errors", true}, flag{"allow-running-insecure-content", true})
	}
	return list
}

// disabledFeatures names what --disable-features takes away.
func disabledFeatures(insecure bool) []string {
	features := []string{
		// HTTPS-First tries https where a page or a user says http, and comes back to
		// http when that fails: a heuristic that would hide whether HSTS, mixed content
		// and Upgrade-Insecure-Requests are obeyed.
		"HttpsUpgrades", "HttpsFirstBalancedMode", "HttpsFirstBalancedModeAutoEnable",
		"MediaRouter", "OptimizationHints", "Translate", // each asks a host of the vendor
	}
	if insecure {
		features = append(features, "AutoupgradeMixedContent", "InsecureFormSubmissionInterstitial")
	}
	return features
}

// withoutSandbox reports whether the browser runs without its sandbox: as root
// Chromium does not start otherwise. It meets nothing but our own servers.
func withoutSandbox() bool { return os.Getuid() == 0 }

// options turns flags into what chromedp takes.
func options(list []flag) []chromedp.ExecAllocatorOption {
	options := make([]chromedp.ExecAllocatorOption, len(list))
	for i, f := range list {
		options[i] = chromedp.Flag(f.name, f.value)
	}
	return options
}
