package scenarios_test

import (
	"fmt"
	"log"
	"time"

	"github.com/tlsfault/tlsfault/scenarios"
)

const demo = `
family: demo
scenarios:
  - id: demo/leaf-expired
    title: The leaf expired yesterday, over TLS {tls}
    matrix: { tls: ["1.2", "1.3"] }
    given: { key: rsa-2048, tls: { versions: ["{tls}"] } }
    fault: { leaf: { notAfter: -1d } }
    expect: { reject: expired }
    tags: [certificate]
`

// A matrix makes a scenario of every combination of its values.
func ExampleLoad() {
	all, err := scenarios.Load("demo.yaml", []byte(demo))
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range all {
		fmt.Println(s.ID, "-", s.Title)
	}
	// Output:
	// demo/leaf-expired-1.2 - The leaf expired yesterday, over TLS 1.2
	// demo/leaf-expired-1.3 - The leaf expired yesterday, over TLS 1.3
}

// Every mistake has its place, and where there is one, the nearest right word.
func ExampleLoad_mistakes() {
	_, err := scenarios.Load("demo.yaml", []byte(`
family: demo
scenarios:
  - id: demo/leaf-expired
    title: The leaf expired yesterday
    fault: { leaf: { notafter: -1d } }
    expect: { reject: expird }
`))
	fmt.Println(err)
	// Output:
	// demo.yaml:6:22: unknown key "notafter" in fault.leaf
	//     hint: did you mean "notAfter"?
	// demo.yaml:7:23: unknown reason "expird" in expect.reject
	//     hint: did you mean "expired"?
}

// A refusal counts only if the client accepts the same server without its fault.
func ExampleScenario_Control() {
	all, err := scenarios.Load("demo.yaml", []byte(demo))
	if err != nil {
		log.Fatal(err)
	}
	control := all[1].Control()
	fmt.Println(control.ID)
	fmt.Println(control.Title)
	fmt.Println(control.Expect.Outcome)
	// Output:
	// control/rsa-2048+tls1.3
	// Control: a server without a fault, rsa-2048 key, TLS 1.3
	// accept
}

func ExampleSelect() {
	all, err := scenarios.Load("demo.yaml", []byte(demo))
	if err != nil {
		log.Fatal(err)
	}
	selected, err := scenarios.Select(all, []string{"demo/*-1.3"}, []string{"certificate"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(selected), selected[0].ID)
	_, err = scenarios.Select(all, []string{"dmeo/*"}, nil)
	fmt.Println(err)
	// Output:
	// 1 demo/leaf-expired-1.3
	// no scenario matches "dmeo/*": did you mean "demo/**"?
}

// Times are relative to the moment at which a server starts, so that nothing in a catalogue ever goes stale.
func ExampleTime_Resolve() {
	now := time.Date(2030, 5, 17, 12, 0, 0, 0, time.UTC)
	for _, t := range []scenarios.Time{"-1d", "+2h", "1963-01-01"} {
		at, err := t.Resolve(now)
		fmt.Println(at, err)
	}
	// Output:
	// 2030-05-16 12:00:00 +0000 UTC <nil>
	// 2030-05-17 14:00:00 +0000 UTC <nil>
	// 1963-01-01 00:00:00 +0000 UTC <nil>
}
