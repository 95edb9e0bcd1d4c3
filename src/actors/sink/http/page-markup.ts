/**
 * The skeleton of the sink's page. No attribute of style or script: the page's policy forbids them.
 */
export const pageMarkup = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tqmail sink</title>
<link rel="icon" href="data:,">
<style>/*style*/</style>
</head>
<body>
<a class="skip" href="#messages">Skip to messages</a>
<header>
  <h1>tqmail sink</h1>
  <p id="state" role="status">connecting</p>
</header>
<main>
  <section aria-labelledby="now-title">
    <h2 id="now-title" class="hidden">Counts</h2>
    <dl id="counts"></dl>
    <p id="verdict"></p>
    <div class="charts">
      <figure><figcaption>Messages a second <output id="rate"></output></figcaption><svg id="chart-messages" role="img" aria-label="Messages a second, last five minutes" preserveAspectRatio="none" viewBox="0 0 300 60"></svg></figure>
      <figure><figcaption>Open connections <output id="open"></output></figcaption><svg id="chart-open" role="img" aria-label="Open connections, last five minutes" preserveAspectRatio="none" viewBox="0 0 300 60"></svg></figure>
      <figure><figcaption>Troubled a second <output id="troubled"></output></figcaption><svg id="chart-troubled" role="img" aria-label="Replies and cuts that rules asked for a second, last five minutes" preserveAspectRatio="none" viewBox="0 0 300 60"></svg></figure>
    </div>
  </section>
  <section aria-labelledby="messages-title" class="mail">
    <div class="list">
      <div class="bar">
        <h2 id="messages-title">Messages</h2>
        <label class="search">Search <input id="search" type="search" autocomplete="off" placeholder="words, to:… from:… subject:…"></label>
        <span class="pair"><a id="save" class="button" href="/api/mbox" download="messages.mbox">Save all</a><button id="clear" type="button">Delete all</button></span>
      </div>
      <p id="listed"></p>
      <ul id="messages" tabindex="-1"></ul>
      <button id="more" type="button" hidden>Older</button>
    </div>
    <article id="message" aria-live="polite" tabindex="-1"><p class="empty">Choose a message to see its header, text, HTML, octets and session.</p></article>
  </section>
  <section aria-labelledby="rules-title">
    <h2 id="rules-title">Trouble</h2>
    <form id="rules-form">
      <label>Preset <select id="preset"><option value="">as below</option></select></label>
      <label for="rules">Rules, a line each: [from 10s] [to 20s] [30%] stage[/n] pattern action</label>
      <textarea id="rules" rows="8" spellcheck="false" autocapitalize="off" aria-describedby="rules-said"></textarea>
      <button type="submit">Put in force</button>
      <p id="rules-said" role="status"></p>
    </form>
  </section>
</main>
<script>/*script*/</script>
</body>
</html>
`;
