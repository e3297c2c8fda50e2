package scenarios

import "flag"

// updateSchema and the tests of package scenarios_test share one flag.
var updateSchema = flag.Bool("update", false, "write what the tests got into testdata and "+schemaPath)

// Update reports whether the tests are to write what they got.
func Update() bool { return *updateSchema }
