package container

// LabelOwner is the label that tells whose a container is.
const LabelOwner = labelOwner

// Owner tells which process pid is.
func Owner(pid int) string { return owner(pid) }
