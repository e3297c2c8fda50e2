package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// preference is a line of a profile's user.js.
type preference struct {
	name  string
	value any // bool, int or string
}

// firefoxPrefs returns the preferences that a browser is started with, beside those
// that Firefox sets itself when it is driven from outside, which keep it from
// updates, telemetry and its vendor's lists. They take away what would spoil the
// evidence or leave the machine, and nothing of how Firefox decides about a server:
// versions, suites, path building, OCSP, HSTS and mixed content stay as they are for
// its users, as far as that goes without a network.
func firefoxPrefs(insecure bool) []preference {
	list := []preference{
		// Every name leads to 127.0.0.1, so that a case's name needs no DNS, and what
		// the browser asks of its vendor's hosts goes nowhere. Addresses stay as they are.
		{"network.dns.native-is-localhost", true},
		{"network.dns.native_https_query", false}, // HTTPS records would still be asked for
		{"network.trr.mode", 5},                   // no DNS over HTTPS
		{"network.proxy.type", 0},                 // the user's proxy would make it another client
		{"network.proxy.allow_hijacking_localhost", true},
		// HTTPS-First tries https where a page or a user says http, and comes back to
		// http when that fails: a heuristic that would hide whether HSTS, mixed content
		// and Upgrade-Insecure-Requests are obeyed.
		{"dom.security.https_first", false},
		{"dom.security.https_first_pbm", false},
		{"dom.security.https_first_schemeless", false},
		{"dom.security.https_only_mode", false},
		// A case has no Alt-Svc, and evidence is of TLS over TCP.
		{"network.http.http3.enable", false},
		{"network.http.altsvc.enabled", false},
		// Connections that nobody has asked for would be evidence of nothing: those made
		// in advance, and a second where the first is slow on a busy machine.
		{"network.http.speculative-parallel-limit", 0},
		{"network.http.connection-retry-timeout", 0},
		{"network.dns.disablePrefetch", true},
		{"network.predictor.enabled", false},
		{"network.prefetch-next", false},
		{"browser.urlbar.speculativeConnect.enabled", false},
		// A site's icon is fetched after the case is over.
		{"browser.chrome.site_icons", false},
		// Each asks a host of the vendor, and would find the case's server there.
		{"app.normandy.enabled", false},
		{"app.update.disabledForTesting", true},
		{"browser.region.update.enabled", false},
		{"browser.safebrowsing.provider.google4.updateURL", ""},
		{"browser.safebrowsing.provider.google5.updateURL", ""},
		{"browser.safebrowsing.provider.mozilla.updateURL", ""},
		{"browser.search.suggest.enabled", false},
		{"datareporting.policy.dataSubmissionEnabled", false},
		{"media.gmp-manager.updateEnabled", false},
		{"network.captive-portal-service.enabled", false},
		{"network.connectivity-service.enabled", false},
		{"security.certerrors.mitm.priming.enabled", false}, // asks whether others are intercepted too
		// The one value that is taken for no server at all: OneCRL and CRLite stay as they were installed.
		{"services.settings.server", "data:,#remote-settings-dummy/v1"},
		{"toolkit.telemetry.enabled", false},
		{"toolkit.telemetry.server", "data:,"},
		// Windows that nobody sees must show a page at once, and nothing else.
		{"browser.newtab.preload", false},
		{"browser.newtabpage.enabled", false},
		{"browser.startup.page", 0},
		{"browser.aboutwelcome.enabled", false},
		{"datareporting.policy.dataSubmissionPolicyBypassNotification", true},
		{"dom.disable_open_during_load", false}, // popups
		{"media.autoplay.default", 0},
		{"intl.locale.requested", "en-US"}, // its words are read
		// Processes are not what is tested, and a new one for each host costs more than the visit.
		{"fission.webContentIsolationStrategy", 0},
		{"dom.ipc.processPrelaunch.enabled", false},
	}
	if insecure {
		list = append(list,
			preference{"security.mixed_content.block_active_content", false},
			preference{"security.mixed_content.upgrade_display_content", false},
			preference{"security.warn_submit_secure_to_insecure", false})
	}
	return list
}

// userJS writes preferences as a profile's user.js has them.
func userJS(list []preference) ([]byte, error) {
	var b bytes.Buffer
	for _, p := range list {
		value, err := json.Marshal(p.value)
		if err != nil {
			return nil, fmt.Errorf("the preference %s: %w", p.name, err)
		}
		fmt.Fprintf(&b, "user_pref(%q, %s);\n", p.name, value)
	}
	return b.Bytes(), nil
}
