/**
 * Ready-made rules: the troubles that a mail server meets most, by name.
 * Texts only, in the language of parse-rules.ts.
 */

export const sinkPresets: Readonly<Record<string, string>> = {
  clean: '# everything is taken\n',
  flaky: `# a bit of everything
5% connect * 421 not now (#4.3.2)
5% mail * 451 try again (#4.3.0)
5% rcpt * 450 mailbox busy (#4.2.1)
10% end * delay 200ms
3% end * 451 local trouble (#4.3.0)
2% end * drop
`,
  greylist: '# the first minute of each client, sender and recipient\nrcpt * greylist 60s\n',
  ratelimit: `# a client may have 5 connections and send 10 messages a second
connect * limit 5 421 too many connections from you (#4.7.0)
mail * rate 10/s 451 too many messages, slow down (#4.7.1)
`,
  tarpit: '# slow everywhere\nconnect * delay 5s\nrcpt * delay 2s\nbody * slow 1k\n',
  'drop-after-dot': '# takes the message, and the sender never learns it\n25% end * take-drop\n',
  'disk-full': '# no room\nend * 452 insufficient system storage (#4.3.1)\n',
};
