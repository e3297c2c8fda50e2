package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// GitHub writes run as workflow commands of GitHub Actions, which shows them as
// annotations at the lines where the scenarios were authored: fail and error as
// errors, warn and, each cause once, inconclusive as warnings, known as notices.
func GitHub(w io.Writer, run verdict.Run) error {
	var b strings.Builder
	for i := range run.Results {
		r := &run.Results[i]
		if command := githubCommands[r.Verdict]; command != "" {
			annotate(&b, command, r, findingText(r), detail(r))
		}
	}
	for _, group := range inconclusive(run) {
		ids := make([]string, len(group.results))
		for i, r := range group.results {
			ids[i] = clean(r.Scenario.ID)
		}
		title := fmt.Sprintf("%s inconclusive", scenarioCount(len(group.results)))
		annotate(&b, "warning", group.results[0], title, group.cause+"\n"+strings.Join(ids, "\n"))
	}
	if text := interruption(run); text != "" {
		writeCommand(&b, "warning", []property{{"title", "The run is not complete"}}, text)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing GitHub annotations: %w", err)
	}
	return nil
}

// githubCommands maps the verdicts that are annotated one by one.
var githubCommands = map[verdict.Verdict]string{
	verdict.Fail: "error", verdict.Error: "error", verdict.Warn: "warning", verdict.Known: "notice",
}

func detail(r *verdict.Result) string {
	var b strings.Builder
	b.WriteString(clean(r.Scenario.ID) + ": " + clean(r.Scenario.Title))
	for _, l := range about(r) {
		fmt.Fprintf(&b, "\n%s: %s", l.label, l.text)
	}
	return b.String()
}

type property struct{ name, value string }

func annotate(b *strings.Builder, command string, r *verdict.Result, title, message string) {
	var properties []property
	if source := r.Scenario.Source; source.File != "" {
		properties = append(properties, property{"file", clean(source.File)})
		if source.Line > 0 {
			properties = append(properties, property{"line", strconv.Itoa(source.Line)})
		}
	}
	writeCommand(b, command, append(properties, property{"title", title}), message)
}

// What GitHub's runner unescapes in the message and in a property of a command.
var (
	escapeMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func writeCommand(b *strings.Builder, command string, properties []property, message string) {
	b.WriteString("::" + command)
	for i, p := range properties {
		separator := ","
		if i == 0 {
			separator = " "
		}
		b.WriteString(separator + p.name + "=" + escapeProperty.Replace(p.value))
	}
	b.WriteString("::" + escapeMessage.Replace(message) + "\n")
}
