package wire

import (
	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
)

// offer is a ClientHello with its extensions read.
type offer struct {
	raw   []byte // the message with its header
	hello message.ClientHello

	versions     []uint16 // in the client's order, highest first where it gave none
	groups       []uint16
	schemes      []uint16 // nil when signature_algorithms is missing
	compressions []uint16 // of certificates, RFC 8879
	alpn         []string
	serverName   string
	shares       []message.KeyShare
	psk          *message.PreSharedKeys
	pskModes     []byte
	cookie       []byte
	ticket       []byte // RFC 5077; nil when the extension is missing
	renegotiated []byte // client_verify_data of the handshake before, RFC 5746 3.2
	ids          []uint16

	earlyData, statusRequest, sct, extendedMaster, encryptThenMAC bool
	pointFormats, secureRenegotiation                             bool
}

// parseOffer reads a ClientHello with its header; extensions in ignore are passed over.
func parseOffer(raw []byte, ignore []uint16) (*offer, error) {
	o := &offer{raw: raw}
	if err := message.Decode(raw, &o.hello); err != nil {
		return nil, alertf(iana.AlertDecodeError, "%v", err)
	}
	if typ, twice := o.hello.Extensions.Duplicate(); twice {
		return nil, alertf(iana.AlertIllegalParameter, "extension %d twice", typ)
	}
	for _, x := range o.hello.Extensions {
		o.ids = append(o.ids, x.Type)
		if !contains(ignore, x.Type) && !o.read(x.Type, x.Data) {
			return nil, alertf(iana.AlertDecodeError, "extension %d does not parse", x.Type)
		}
	}
	o.secureRenegotiation = o.secureRenegotiation || contains(o.hello.CipherSuites, iana.SCSVRenegotiation)
	if o.versions == nil {
		for v := min(o.hello.Version, iana.TLS12); v >= iana.SSL30; v-- {
			o.versions = append(o.versions, v)
		}
	}
	return o, nil
}

// read takes in one extension; false means that it does not parse.
func (o *offer) read(typ uint16, data []byte) (ok bool) {
	ok = true
	switch typ {
	case iana.ExtSupportedVersions:
		o.versions, ok = message.ParseUint16List8(data)
	case iana.ExtSupportedGroups:
		o.groups, ok = message.ParseUint16List(data)
	case iana.ExtSignatureAlgorithms:
		o.schemes, ok = message.ParseUint16List(data)
	case iana.ExtCompressCertificate:
		o.compressions, ok = message.ParseUint16List8(data)
	case iana.ExtALPN:
		o.alpn, ok = message.ParseALPN(data)
	case iana.ExtServerName:
		o.serverName, ok = message.ParseServerName(data)
	case iana.ExtKeyShare:
		o.shares, ok = message.ParseKeyShares(data)
	case iana.ExtPreSharedKey:
		o.psk, ok = message.ParsePreSharedKeys(data)
		ok = ok && typ == o.hello.Extensions[len(o.hello.Extensions)-1].Type // RFC 8446 4.2.11
	case iana.ExtPSKKeyExchangeModes:
		o.pskModes, ok = message.ParseVector8(data)
	case iana.ExtCookie:
		o.cookie, ok = message.ParseVector16(data)
	case iana.ExtSessionTicket:
		o.ticket = append([]byte{}, data...)
	case iana.ExtRenegotiationInfo:
		o.renegotiated, ok = message.ParseVector8(data)
		o.secureRenegotiation = true
	case iana.ExtEarlyData:
		o.earlyData = true
	case iana.ExtStatusRequest:
		o.statusRequest = len(data) > 0 && data[0] == 1
	case iana.ExtSCT:
		o.sct = true
	case iana.ExtExtendedMasterSecret:
		o.extendedMaster = true
	case iana.ExtEncryptThenMAC:
		o.encryptThenMAC = true
	case iana.ExtECPointFormats:
		o.pointFormats = true
	}
	return ok
}

// share returns the key share of a group.
func (o *offer) share(group uint16) []byte {
	for _, s := range o.shares {
		if s.Group == group {
			return s.Key
		}
	}
	return nil
}

// has reports whether the client sent an extension, ignored or not.
func (o *offer) has(typ uint16) bool { return contains(o.ids, typ) }
