# A process of its own, without a gem: it parses templates and Puppetfiles of a push as ruby sees them, and runs none.
# `support/verify/ruby_checkers.ts` starts it in the folder with the files, and reads a line for each.
require 'json'

# The words of a Puppetfile, and the options of a module. Source: r10k 3.15.4, lib/r10k/module_loader/puppetfile/dsl.rb
# and lib/r10k/module/*.rb.
WORDS = %w[forge mod moduledir].freeze
SOURCES = %w[git svn tarball local type].freeze
OPTIONS = %w[
  type source version install_path exclude_spec overrides checksum
  git branch tag commit ref default_branch default_branch_override
  svn rev revision username password local tarball
].freeze
NAME = %r{\A(?:\w+[-/])?(\w+)\z}

def remark(severity, line, message)
  { severity: severity, line: line, message: message }
end

# ruby compiles a text for this, and runs nothing of it: neither BEGIN nor a line with options of ruby takes part.
def syntax(text, first)
  RubyVM::InstructionSequence.compile(text, 'pushed', 'pushed', first)
  []
rescue SyntaxError => e
  _, line, message = e.message.match(/\Apushed:(\d+): (.*)$/).to_a
  [remark('error', line&.to_i, message || 'it cannot be parsed')]
end

def erb(text)
  require 'erb'
  # The code begins with a line of ERB's own.
  syntax(ERB.new(text, trim_mode: '-').src, 0).map { |each| each.merge(message: "erb: #{each[:message]}") }
rescue ArgumentError => e
  [remark('error', nil, "erb: #{e.message}")]
end

CODE = :code

# Returns a plain value of the tree; CODE for anything that ruby would work out.
def plain(node)
  case node[0]
  when :string_literal, :dyna_symbol
    parts = node[1][1..]
    return '' if parts.empty? && node[1][0] == :string_content
    parts.all? { |part| part[0] == :@tstring_content } ? parts.map { |part| part[1] }.join : CODE
  when :symbol_literal then node[1][1][1]
  when :@int, :@float then node[1]
  when :var_ref then node[1][0] == :@kw && %w[true false nil].include?(node[1][1]) ? node[1][1] : CODE
  when :array then (node[1] || []).all? { |each| plain(each) != CODE } ? [] : CODE
  when :bare_assoc_hash then pairs(node[1])
  when :hash then node[1].nil? ? {} : pairs(node[1][1])
  else CODE
  end
rescue NoMethodError
  CODE
end

def pairs(nodes)
  nodes.each_with_object({}) do |(kind, key, value), all|
    return CODE unless kind == :assoc_new
    name = key[0] == :@label ? key[1].chomp(':') : plain(key)
    return CODE unless name.is_a?(String)
    all[name] = value.nil? ? CODE : plain(value)
  end
end

# Returns the first line that stands in a part of the tree.
def line_of(node)
  return nil unless node.is_a?(Array)
  return node[0] if node.length == 2 && node.all?(Integer)
  node.each do |part|
    line = line_of(part)
    return line unless line.nil?
  end
  nil
end

# Returns the word and the arguments of a plain declaration; nothing for other code.
def declaration(node)
  case node[0]
  when :command then [node[1][1], node[2][1]]
  when :vcall then [node[1][1], []]
  when :method_add_arg
    return nil unless node[1][0] == :fcall
    args = node[2][1]
    args.nil? ? [node[1][1][1], []] : [node[1][1][1], args[0] == :args_add_block ? args[1] : args]
  end
end

CODE_MESSAGE = 'Puppetfile: this is code of ruby, which is not run here; it is not judged'.freeze

def mod(args, line, seen)
  name, version = args
  return [remark('error', line, 'Puppetfile: expected mod with a name and at most one version or a list of options')] if args.empty? || args.length > 2
  return [remark('warning', line, CODE_MESSAGE)] if name == CODE || version == CODE
  short = name.is_a?(String) ? name[NAME, 1] : nil
  return [remark('error', line, "Puppetfile: #{name} is no name of a module; expected a name, or owner/name")] if short.nil?
  remarks = []
  remarks << remark('error', line, "Puppetfile: the module #{short} is there twice, first in line #{seen[short]}") if seen.key?(short)
  seen[short] ||= line
  if version.is_a?(Hash)
    remarks << remark('error', line, "Puppetfile: #{name} says not where it comes from; expected one of #{SOURCES.join(', ')}") if (version.keys & SOURCES).empty?
    (version.keys - OPTIONS).each { |key| remarks << remark('warning', line, "Puppetfile: #{key} is no option that r10k knows") }
    remarks << remark('warning', line, CODE_MESSAGE) if version.value?(CODE)
  elsif !name.match?(%r{[-/]})
    remarks << remark('error', line, "Puppetfile: #{name} of the Forge needs its owner; expected owner/#{name}")
  elsif !version.nil? && version != 'latest' && version != 'nil' && !version.to_s.match?(/\A\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?\z/)
    remarks << remark('error', line, "Puppetfile: #{version} is no version of a module of the Forge; expected such as 1.2.3, or :latest")
  end
  remarks
end

def puppetfile(text)
  require 'ripper'
  faults = syntax(text, 1)
  return faults.map { |each| each.merge(message: "Puppetfile: #{each[:message]}") } unless faults.empty?
  tree = Ripper.sexp(text)
  return [remark('error', nil, 'Puppetfile: it cannot be parsed')] if tree.nil?
  seen = {}
  tree[1].reject { |node| node[0] == :void_stmt }.flat_map do |node|
    line = line_of(node)
    word, args = declaration(node)
    if word.nil? || !args.is_a?(Array) || args[0].is_a?(Symbol)
      [remark('warning', line, CODE_MESSAGE)]
    elsif !WORDS.include?(word)
      [remark('error', line, "Puppetfile: #{word} is no word of a Puppetfile; expected one of #{WORDS.join(', ')}")]
    elsif word == 'mod'
      mod(args.map { |each| plain(each) }, line, seen)
    elsif args.length != 1
      [remark('error', line, "Puppetfile: expected #{word} with one value")]
    else
      []
    end
  end
end

check = { 'erb' => method(:erb), 'puppetfile' => method(:puppetfile) }.fetch(ARGV.fetch(0))
$stdout.sync = true
JSON.parse(File.read('files.json')).each do |name|
  remarks =
    begin
      check.call(File.read(name, encoding: 'UTF-8'))
    rescue SystemStackError
      [remark('error', nil, 'it is nested too deeply to be checked')]
    end
  puts "lockstep-checked #{JSON.generate({ name: name, remarks: remarks })}"
end
