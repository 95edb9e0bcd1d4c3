"""Sends odd but legal messages with smtplib: python3 odd-bodies.py PORT COUNT RECIPIENT... ; prints one JSON line a message, number and
body in hexadecimal as it must arrive (CR LF line ends, the last line ended)."""
import json, random, re, smtplib, sys

port, count, recipients = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
rng = random.Random(1)
lines = [b'.', b'..', b'.x', b'', b'From here', b'>From there', b'x' * 998, b'\xe4\xf6\xfc 8-bit', b'\xff\xfe', b'\t tab ', b' ',
         b'... dots', b'Subject: no header', b'QUIT', b'RSET', b'a' * 77, b'\x0b\x0c\x01']
ends = [b'\n', b'\r\n', b'\r']


def body(n):
    """Body n: all single lines first, then mixtures; line ends LF, CR LF and CR, which smtplib makes CR LF."""
    if n == 0:
        return b''
    chosen = [lines[n % len(lines)]] if n <= len(lines) else [rng.choice(lines) for _ in range(rng.randrange(1, 40))]
    text = b''.join(line + rng.choice(ends) for line in chosen)
    return text.rstrip(b'\r\n') if n % 3 == 0 else text


def wire(text):
    text = re.sub(rb'\r\n|\r|\n', b'\r\n', text)
    return text if text == b'' or text.endswith(b'\r\n') else text + b'\r\n'


client = smtplib.SMTP('127.0.0.1', port)
for n in range(count):
    if n % 250 == 249:
        client.quit()
        client = smtplib.SMTP('127.0.0.1', port)
    text = body(n)
    whole = b'X-Odd: %d\r\nSubject: odd\r\n\r\n' % n + text
    # smtplib mends line ends of text only; octets go out as they are.
    eight = not whole.isascii()
    client.sendmail('', recipients, re.sub(rb'\r\n|\r|\n', b'\r\n', whole) if eight else whole.decode(), ['BODY=8BITMIME'] if eight else [])
    print(json.dumps({'n': n, 'body': wire(text).hex()}))
client.quit()
