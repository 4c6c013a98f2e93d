/**
 * Runs before anything is painted, as a file of its own: it gives the page its theme, and tells the style sheet what the
 * page will look like, so that what `index.html` holds until the page has begun looks the same.
 */
import { readBeside } from "./components/listChoice";
import { readTheme, showTheme } from "./components/themeChoice";

const { dataset } = document.documentElement;

showTheme(readTheme());
if (!readBeside()) dataset["list"] = "hidden";
if (/^\/(documents|search)\b/.test(location.pathname)) dataset["place"] = "";
