from flask import Flask, jsonify, render_template

from word import word

app = Flask(__name__)


@app.get('/')
def page():
    return render_template('page.html', word=word)


@app.get('/api/word')
def said():
    return jsonify(word=word)
