// Package dissect holds what servers send up to other eyes: its test records the
// connections of scenarios, writes them as a capture, and compares what tshark
// reads in it with what each scenario claims to be. What only our own parsers
// have read is unverified.
package dissect
