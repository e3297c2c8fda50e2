package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// HTML writes run as one page for a browser: what MatrixHTML writes of several.
func HTML(w io.Writer, run verdict.Run) error { return MatrixHTML(w, []verdict.Run{run}) }

// pageFiles is the page: its frame, its looks, and what draws the table from the data within it.
//
//go:embed page
var pageFiles embed.FS

// MatrixHTML writes the runs of several clients as one page, clients by
// scenarios. The page stands alone: it works from disk, and its policy forbids
// it to fetch anything or to run any script but its own, whatever a client printed.
func MatrixHTML(w io.Writer, runs []verdict.Run) error {
	if err := writePage(w, runs); err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	return nil
}

func writePage(w io.Writer, runs []verdict.Run) error {
	frame, err := template.ParseFS(pageFiles, "page/page.html")
	if err != nil {
		return err
	}
	style, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return err
	}
	script, err := pageFiles.ReadFile("page/page.js")
	if err != nil {
		return err
	}
	title := "TLS clients"
	if len(runs) == 1 {
		title = runName(runs[0])
	}
	return frame.Execute(w, struct {
		Title, StyleHash, ScriptHash string
		Style                        template.CSS
		Script                       template.JS
		Data                         pageData
	}{
		Title: title, StyleHash: policyHash(style), ScriptHash: policyHash(script),
		Style: template.CSS(style), Script: template.JS(script), Data: newPageData(runs),
	})
}

// policyHash names an inline element for a Content-Security-Policy.
func policyHash(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
