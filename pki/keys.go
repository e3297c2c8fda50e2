package pki

import (
	"fmt"
	"maps"
	"sync"
)

// Keys is the pool of keys of one run. It makes a key when somebody first asks
// for it, once for each type and slot, without keeping those waiting who ask
// for another. It is safe for concurrent use.
type Keys struct {
	seed string

	mu    sync.Mutex
	slots map[slot]func() (*Key, error)
	made  map[KeyType]int
}

type slot struct {
	keyType KeyType
	name    string
}

// NewKeys returns an empty pool. With a seed the pool makes the same keys every
// time: they are as secret as the seed. With the empty seed they are fresh.
func NewKeys(seed string) *Keys {
	return &Keys{seed: seed, slots: make(map[slot]func() (*Key, error)), made: make(map[KeyType]int)}
}

// Get returns the key of a type and a slot, such as "root" or "leaf": always
// the same one for the same two. It returns an error for a type that cannot be
// made.
func (k *Keys) Get(keyType KeyType, name string) (*Key, error) {
	want := slot{keyType: keyType.orDefault(), name: name}
	k.mu.Lock()
	get, ok := k.slots[want]
	if !ok {
		get = sync.OnceValues(func() (*Key, error) { return k.make(want) })
		k.slots[want] = get
	}
	k.mu.Unlock()
	return get()
}

// Made returns how many keys of each type the pool has made so far.
func (k *Keys) Made() map[KeyType]int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.made)
}

func (k *Keys) make(want slot) (*Key, error) {
	signer, err := generate(want.keyType, newMaterial(k.seed, want))
	if err != nil {
		return nil, fmt.Errorf("making the key %q: %w", want.name, err)
	}
	key, err := NewKey(signer)
	if err != nil {
		return nil, fmt.Errorf("making the key %q: %w", want.name, err)
	}
	k.mu.Lock()
	k.made[want.keyType]++
	k.mu.Unlock()
	return key, nil
}
