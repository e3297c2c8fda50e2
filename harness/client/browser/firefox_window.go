package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tlsfault/tlsfault/harness/client/browser/bidi"
)

// window is the browser's own window, whose scripts may do what the browser can.
// It knows what BiDi does not tell: how the address bar shows a page, and which
// question the browser asks its user. And it forgets what would outlive a context.
type window struct {
	conn    *bidi.Conn
	context string
}

// told is what the window has to say of one visit.
type told struct {
	Insecure  bool     `json:"insecure"`  // a page was shown as not secure
	Shown     string   `json:"shown"`     // how the address bar shows the last one
	Questions []string `json:"questions"` // what the user was asked, and did not answer
}

// windowScript prepares the window. Nobody is there to answer a question, so it is
// put away as by the escape key.
const windowScript = `(() => {
	const identity = document.getElementById("identity-box");
	let told;
	const forget = () => {
		told = { insecure: false, shown: "", questions: [] };
		Cc["@mozilla.org/ssservice;1"].getService(Ci.nsISiteSecurityService).clearAll();
		Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).clearOCSPCache();
	};
	gBrowser.addProgressListener({
		onSecurityChange() {
			if (gBrowser.currentURI.scheme == "about") return;
			told.shown = identity.className;
			told.insecure ||= identity.classList.contains("notSecure") && gBrowser.currentURI.scheme == "http";
		},
		QueryInterface: ChromeUtils.generateQI(["nsIWebProgressListener", "nsISupportsWeakReference"]),
	});
	Services.obs.addObserver(dialog => {
		told.questions.push(dialog.Dialog.args.text || dialog.Dialog.args.title || "");
		dialog.document.querySelector("dialog").cancelDialog();
	}, "common-dialog-loaded");
	window.tlsfault = { forget, told: () => JSON.stringify(told) };
	forget();
})()`

// openWindow finds the window of the browser at conn and prepares it.
func openWindow(ctx context.Context, conn *bidi.Conn) (*window, error) {
	var tree struct{ Contexts []struct{ Context string } }
	if err := conn.Call(ctx, "browsingContext.getTree", map[string]any{"moz:scope": "chrome", "maxDepth": 0}, &tree); err != nil {
		return nil, err
	}
	if len(tree.Contexts) == 0 {
		return nil, errors.New("the browser has no window")
	}
	w := &window{conn, tree.Contexts[0].Context}
	_, err := evaluate(ctx, conn, w.context, windowScript)
	return w, err
}

// forget clears what the browser remembers beyond a context of its tabs: which
// hosts want TLS only (HSTS), and what OCSP responders said. What cannot be cleared
// are the certificates that NSS has seen: they do not stand in for one that a server
// leaves out, but another of the same issuer and serial number is refused.
func (w *window) forget(ctx context.Context) error {
	_, err := evaluate(ctx, w.conn, w.context, "tlsfault.forget()")
	return err
}

// told returns what the window noticed since it forgot.
func (w *window) told(ctx context.Context) (told, error) {
	var t told
	text, err := evaluate(ctx, w.conn, w.context, "tlsfault.told()")
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal([]byte(text), &t)
}

// evaluate runs a script in a browsing context and returns the string that it comes to, if it does to one.
func evaluate(ctx context.Context, conn *bidi.Conn, browsing, script string) (string, error) {
	var result struct {
		Type             string
		Result           struct{ Value json.RawMessage }
		ExceptionDetails struct{ Text string }
	}
	err := conn.Call(ctx, "script.evaluate", map[string]any{
		"expression": script, "target": map[string]any{"context": browsing}, "awaitPromise": false,
	}, &result)
	if err != nil {
		return "", err
	}
	if result.Type == "exception" {
		return "", fmt.Errorf("a script of ours failed: %s", result.ExceptionDetails.Text)
	}
	var text string
	_ = json.Unmarshal(result.Result.Value, &text) // not a string: nothing to tell
	return text, nil
}
