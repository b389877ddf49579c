// What a person does in Thunderbird, run in its main window: read the newest mail, reply or forward, type, send.
// `play` comes from thunderbird.py. Typing is done key by key with the platform's own text input processor, so that
// the editor splits quotes, wraps lines and makes paragraphs as it does for anybody.
const play = arguments[0];
const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
async function until(what, found) {
  for (let turn = 0; turn < 200; turn++) {
    const value = await found();
    if (value) {
      return value;
    }
    await pause(100);
  }
  throw new Error(`waited in vain for ${what}`);
}
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.defaultAccount.incomingServer;
const inbox = await until("the inbox", () => {
  server.performExpand(null);
  return server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
});
const header = await until("the mail", async () => {
  inbox.updateFolder(null);
  await pause(500);
  return [...inbox.messages].at(-1);
});
const type = play.forward ? Ci.nsIMsgCompType.ForwardInline : Ci.nsIMsgCompType.ReplyToSender;
window.ComposeMessage(type, Ci.nsIMsgCompFormat.Default, inbox, [inbox.getUriForMsg(header)]);
const writing = await until("the window to write in", () => Services.wm.getMostRecentWindow("msgcompose"));
await until("its editor", () => writing.composeEditorReady ?? writing.gMsgCompose?.editor);
await pause(1500);
const editor = writing.GetCurrentEditor();
const page = editor.document;
const pane = writing.document.getElementById("messageEditor");
pane.focus();

const hands = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
hands.beginInputTransactionForTests(page.defaultView);
function press(key, code) {
  const event = new page.defaultView.KeyboardEvent("", { key, code: code ?? "", keyCode: key === "Enter" ? 13 : 0 });
  hands.keydown(event);
  hands.keyup(event);
}
function write(text) {
  for (const line of text) {
    press(line === "\n" ? "Enter" : line, line === "\n" ? "Enter" : "");
  }
}
function caretAt(node, offset) {
  const selection = editor.selection;
  selection.collapse(node, offset);
}
function nodesWith(words) {
  const walker = page.createTreeWalker(page.body, 4);
  const found = [];
  while (walker.nextNode()) {
    if (walker.currentNode.data.includes(words)) {
      found.push(walker.currentNode);
    }
  }
  return found;
}
const places = ["in prison?", "children?", "you face?", "activity?"];
function atQuestion(number) {
  const node = nodesWith(places[number])[0];
  if (!node) {
    throw new Error(`question ${number + 1} does not stand in the reply`);
  }
  caretAt(node, node.data.indexOf(places[number]) + places[number].length);
}

if (play.forward) {
  const field = writing.document.getElementById("toAddrInput");
  writing.SetMsgToRecipientElements?.();
  field.focus();
  field.value = play.to + ",";
  writing.recipientAddPills(field);
  pane.focus();
}
if (play.style === "inline") {
  for (let number = 0; number < play.answers.length; number++) {
    if (play.answers[number]) {
      atQuestion(number);
      write("\n" + play.answers[number]);
    }
  }
} else if (play.style === "boxes") {
  for (let number = 0; number < play.answers.length; number++) {
    const question = nodesWith(places[number])[0].parentElement.closest(".q");
    caretAt(question.nextElementSibling, 0);
    write(play.answers[number]);
  }
} else if (play.style === "top") {
  editor.beginningOfDocument();
  write(play.text);
} else if (play.style === "bottom") {
  editor.endOfDocument();
  write(play.text);
}
if (play.document) {
  const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
  file.initWithPath(play.document);
  const attachment = Cc["@mozilla.org/messengercompose/attachment;1"].createInstance(Ci.nsIMsgAttachment);
  attachment.url = Services.io.newFileURI(file).spec;
  attachment.name = file.leafName;
  await writing.AddAttachments([attachment]);
}
await pause(300);
if (play.look) {
  return "ready";
}
writing.goDoCommand("cmd_sendNow");
await until("the window to close", () => writing.closed);
return "sent";
