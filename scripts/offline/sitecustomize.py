"""Python imports this module at its start where this folder is on PYTHONPATH: sockets then reach this machine only."""
import errno, ipaddress, socket, sys

def is_here(host):
    "Whether a host is this machine; a path of a Unix socket is too"
    if isinstance(host, bytes): host = host.decode(errors='replace')
    if not host or host in ('localhost', socket.gethostname()): return True
    try: address = ipaddress.ip_address(host.partition('%')[0])
    except ValueError: return False
    return address.is_loopback or address.is_unspecified

def block(event, args):
    "Raise `OSError` where a host elsewhere is looked up or connected to"
    if event in ('socket.getaddrinfo', 'socket.gethostbyname'): host = args[0]
    elif event in ('socket.connect', 'socket.sendto', 'socket.sendmsg'):
        if not isinstance(args[1], tuple): return       # a Unix socket, or one that is connected
        host = args[1][0]
    else: return
    if not is_here(host): raise OSError(errno.ENETUNREACH, f'no network in this test: {host}')

sys.addaudithook(block)
